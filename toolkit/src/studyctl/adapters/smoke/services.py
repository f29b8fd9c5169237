"""The services: our deployment serves, with every task, from the image that was released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.aws.ecs import EcsServices
from studyctl.adapters.smoke.asking import Wrong, result_of
from studyctl.domain.release.definitions import container_name_of
from studyctl.domain.release.images import Image
from studyctl.domain.release.place import ServicePlace
from studyctl.domain.release.release import ServiceContent
from studyctl.domain.release.rollout import is_in_health
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.smoke.report import ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject

_KIND = ProbeKind.SERVICES


@dataclass(frozen=True)
class ServicesProbe:
    """Asks ECS."""

    services: EcsServices

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return frozenset({_KIND})

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """One result a service."""
        del wanted, deadline_seconds
        seen: Mapping[str, ServiceSeen] = self.services.see([each.name for each in subject.place.services.values()])
        for key, place in subject.place.services.items():
            yield result_of(_KIND, key, partial(self._judged, subject, key, seen.get(place.name)))

    def _judged(self, subject: Subject, key: str, seen: ServiceSeen | None) -> str:
        if seen is None or not seen.is_active or seen.primary is None:
            raise Wrong("the service does not exist")
        content = subject.release.services.get(key) if subject.release else None
        if not is_in_health(seen, max(1, min(seen.desired, content.count if content else seen.desired))):
            state = seen.primary.state
            raise Wrong(f"{seen.primary.running} of {seen.desired} tasks run, the deployment is {state}")
        if content is None:
            return f"{seen.running} of {seen.desired} tasks run"
        _require_ours(seen, content, subject.deployments.get(key))
        return self._images(subject.place.services[key], content, seen)

    def _images(self, place: ServicePlace, content: ServiceContent, seen: ServiceSeen) -> str:
        image, container = Image.parse(content.image), container_name_of(content.definition)
        wrong = [
            task["taskArn"].rpartition("/")[2]
            for task in self._tasks(place)
            if image is not None and not runs(task, container, image.digest)
        ]
        if wrong:
            raise Wrong(f"tasks run another image: {', '.join(wrong)}")
        return f"{seen.running} of {seen.desired} tasks run {image.short if image else content.image}"

    def _tasks(self, place: ServicePlace) -> list[Mapping[str, Any]]:
        """The tasks that run and shall; those that are on their way out may be of any release."""
        ecs, cluster = self.services.ecs, self.services.cluster
        with asking(f"list tasks of {place.name}"):
            arns = ecs.list_tasks(cluster=cluster, serviceName=place.name, desiredStatus="RUNNING")["taskArns"]
            tasks = ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"] if arns else []
        return [task for task in tasks if task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING"]


def runs(task: Mapping[str, Any], container: str, digest: str) -> bool:
    """Whether the container of a task that serves is of this image. What stands beside it has an image of its own: a
    collector, or an agent that AWS itself puts there."""
    images = (
        each.get("imageDigest") or _digest(each.get("image", ""))
        for each in task["containers"]
        if each["name"] == container
    )
    return next(images, None) == digest


def _require_ours(seen: ServiceSeen, content: ServiceContent, deployment_id: str | None) -> None:
    assert seen.primary is not None  # noqa: S101  seen by the caller
    if seen.primary.definition_arn != content.definition_arn:
        raise Wrong(f"{_revision(seen.primary.definition_arn)} serves, {_revision(content.definition_arn)} must")
    if deployment_id is not None and seen.primary.id != deployment_id and not seen.runs(content.definition_arn):
        raise Wrong(f"deployment {seen.primary.id} serves, {deployment_id} must")


def _revision(arn: str | None) -> str:
    return (arn or "nothing").rpartition("/")[2]


def _digest(image: str) -> str:
    return image.rpartition("@")[2]
