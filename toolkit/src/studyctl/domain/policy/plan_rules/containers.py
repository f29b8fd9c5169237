"""What container definitions say, where a plan knows them; ARNs that it makes itself hide them until the apply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import PlannedResource, mappings
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control, nowhere
from studyctl.domain.policy.rules.rule import Offence

_DIGEST = re.compile(r"(?:.*@)?sha256:[0-9a-f]{64}")
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)(?:$|_)", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
_POINTERS = ("_ARN", "_NAME", "_ID", "_FILE", "_PATH", "_SECONDS", "_URL")
ROOT_USERS = frozenset({"", "0", "root", "0:0", "root:root"})


def containers(subject: PlanSubject) -> Iterator[tuple[PlannedResource, dict[str, Any]]]:
    """Yield every container whose definition is known."""
    for task in subject.of("aws_ecs_task_definition"):
        if text := task.text("container_definitions"):
            for container in mappings(json.loads(text)):
                yield task, dict(container)


def processes_are_not_root(subject: PlanSubject) -> Iterator[Offence]:
    """Yield containers that run as root."""
    for task, container in containers(subject):
        if str(container.get("user") or "") in ROOT_USERS:
            yield at(task, f"the container {container.get('name')} runs as root")


def secrets_are_references(subject: PlanSubject) -> Iterator[Offence]:
    """Yield environment variables that hold a secret instead of a reference to one."""
    for task, container in containers(subject):
        for variable in mappings(container.get("environment")):
            name, value = str(variable.get("name")), str(variable.get("value") or "")
            is_named_so = bool(_SECRET_NAME.search(name)) and not name.upper().endswith(_POINTERS)
            if value and (is_named_so or _SECRET_VALUE.search(value)):
                yield at(task, f"{container.get('name')} gets {name} as plain text")


def containers_log(subject: PlanSubject) -> Iterator[Offence]:
    """Yield containers whose words are lost."""
    for task, container in containers(subject):
        if not (container.get("logConfiguration") or {}).get("logDriver"):
            yield at(task, f"the container {container.get('name')} has no logConfiguration")


def images_are_named_by_digest(subject: PlanSubject) -> Iterator[Offence]:
    """Yield images that can change without a release."""
    for task, container in containers(subject):
        if not _DIGEST.fullmatch(str(container.get("image") or "")):
            yield at(task, f"the image {container.get('image')} has no digest")
    first = subject.plan.variable("first_image_digest")
    if first is not None and not _DIGEST.fullmatch(str(first)):
        yield nowhere(subject, f"first_image_digest is {first!r}, not a digest")


RULES = (
    control(
        "SC711",
        "container-runs-as-root",
        processes_are_not_root,
        source="https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-20",
        summary="Containers run as a user without rights (ECS.1, ECS.20)",
        fix='Give the container definition a "user" such as "10001:10001".',
    ),
    control(
        "SC712",
        "secret-in-environment",
        secrets_are_references,
        fsbp="ECS.8",
        severity=Severity.HIGH,
        summary="No environment variable of a container holds a secret",
        fix='Put it into Secrets Manager and name it under "secrets".',
    ),
    control(
        "SC713",
        "container-without-logs",
        containers_log,
        fsbp="ECS.9",
        summary="Every container writes logs somewhere",
        fix='Add a "logConfiguration" with a driver.',
    ),
    control(
        "SC714",
        "image-without-digest",
        images_are_named_by_digest,
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
        summary="Images are named by digest",
        fix="Write REPOSITORY@sha256:DIGEST.",
    ),
)
