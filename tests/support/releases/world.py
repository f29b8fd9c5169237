"""The account: what each image does when it runs, and how services roll as time passes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.platform import SERVICES, platform_output
from tests.support.releases.definitions import template
from tests.support.releases.mortal import Mortal

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.canary import Sample
from studyctl.domain.release.definitions import Definition, image_of
from studyctl.domain.release.images import Image, ImageReference
from studyctl.domain.release.place import Colours, Place, ServicePlace
from studyctl.domain.release.seen import (
    DeploymentSeen,
    Reference,
    ReferenceSeen,
    RolloutState,
    ServiceSeen,
    StoppedTask,
    TaskSeen,
    Weights,
)
from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult, SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.errors import PreflightFailed

BREAKER = 3
STARTED_AT = 1_763_800_000.0


@dataclass(frozen=True)
class Behaviour:
    """What an image does. Most are good."""

    crashes: bool = False
    is_sick: bool = False
    """Its tasks start and then fail their health check."""
    is_wrong: bool = False
    p95_seconds: float = 0.02
    error_rate: float = 0.0
    rings_after_seconds: float | None = None
    """An alarm rings so long after it began to serve."""
    app_version: str = "1"


@dataclass
class World(Mortal):
    """Everything in one object, so that a test can look at all of it. Every call may be the one that kills."""

    services_kept: tuple[str, ...] = SERVICES
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    desired: int = 2
    requests_a_second: float = 50.0
    now_seconds: float = STARTED_AT
    services: dict[str, ServiceSeen] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    green_percent: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, AlarmState] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    secret_version: str = "v1"  # noqa: S105 - a version, not a secret
    completed: dict[str, str] = field(default_factory=dict)
    served_since: dict[str, float] = field(default_factory=dict)
    tasks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    task_lines_by_command: dict[str, tuple[str, ...]] = field(default_factory=dict)
    on_tick: Callable[[], None] = lambda: None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for _key, place in self.place.services.items():
            self.definitions[place.template_arn] = template(place.name)
            self.services[place.name] = self._service(place.name, place.template_arn, self.desired)
            self.completed[place.name] = place.template_arn
            if place.colours is not None:
                self.green_percent[place.colours.rule_arn] = 0
            self.alarms[f"{place.name}-rollback-memory"] = AlarmState.OK
        self.alarms["study-dev-dead-letters"] = AlarmState.OK

    @property
    def platform(self) -> dict[str, Any]:
        return platform_output(self.services_kept)

    @property
    def place(self) -> Place:
        return Place.of(self.platform)

    # --- Clock ---------------------------------------------------------------------------------------------

    def now(self) -> str:
        return f"{self.now_seconds:.1f}"

    def seconds(self) -> float:
        return self.now_seconds

    def sleep(self, seconds: float) -> None:
        self.called("sleep")
        self.now_seconds += seconds
        self.roll()
        self.on_tick()

    # --- Services ------------------------------------------------------------------------------------------

    def see(self, names: Sequence[str]) -> Mapping[str, ServiceSeen]:
        self.called("see")
        return {name: self.services[name] for name in names if name in self.services}

    def definition(self, arn: str) -> Definition:
        return self.definitions[arn]

    def is_registered(self, arn: str) -> bool:
        return arn in self.definitions and arn not in self.inactive

    def newest_of(self, family: str) -> tuple[str, Definition] | None:
        arns = [arn for arn in self.definitions if f"/{family}:" in arn and arn not in self.inactive]
        return (arns[-1], self.definitions[arns[-1]]) if arns else None

    def register(self, definition: Definition, tags: Mapping[str, str]) -> str:
        arn = f"arn:aws:ecs:us-east-1:123456789012:task-definition/{definition['family']}:{next(self._numbers) + 1}"

        def act() -> str:
            self.definitions[arn] = definition
            return arn

        return self.acting(f"register {definition['family']}", act)

    def update(
        self, name: str, *, definition_arn: str, count: int | None = None, is_retry: bool = False
    ) -> ServiceSeen:
        def act() -> ServiceSeen:
            before = self.services[name]
            desired = before.desired if count is None else count
            primary = before.primary
            assert primary is not None
            if primary.definition_arn == definition_arn and not is_retry:
                self.services[name] = replace(before, desired=desired)
                self.roll()
            else:
                old = tuple(replace(each, is_primary=False) for each in before.deployments if each.running)
                new = self._deployment(definition_arn)
                self.services[name] = replace(before, desired=desired, deployments=(new, *old))
            return self.services[name]

        return self.acting(f"update {name}", act)

    def create_green(self, place: ServicePlace, *, definition_arn: str, container: str, count: int) -> None:
        def act() -> None:
            new = self._deployment(definition_arn)
            self.services[place.green_name] = ServiceSeen(place.green_name, True, count, 0, (new,))

        self.acting(f"create {place.green_name}", act)

    def delete(self, name: str) -> None:
        self.acting(f"delete {name}", lambda: self.services.pop(name, None))

    def failures(self, name: str, *, definition_arn: str) -> tuple[StoppedTask, ...]:
        behaviour = self.behaviour_of(definition_arn)
        if behaviour.crashes:
            return (StoppedTask("t1", "Essential container in task exited", 1, ("ImportError: no module",)),)
        if behaviour.is_sick:
            return (StoppedTask("t1", "Task failed container health checks", 143, ("503 /health/ready",)),)
        return ()

    def run_task(
        self,
        place: ServicePlace,
        *,
        definition_arn: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        token: str,
    ) -> str:
        def act() -> str:
            self.tasks[token] = tuple(command)
            return token

        return self.acting(f"run {' '.join(command)}", act)

    def task(self, arn: str) -> TaskSeen:
        lines = self.task_lines_by_command.get(" ".join(self.tasks[arn]), ("failed",))
        return TaskSeen(arn, is_stopped=True, exit_code=1 if lines == ("failed",) else 0, reason="done")

    def task_lines(self, arn: str, *, definition_arn: str) -> tuple[str, ...]:
        return self.task_lines_by_command.get(" ".join(self.tasks[arn]), ("failed",))

    # --- Traffic, images, monitors, references -------------------------------------------------------------

    def weights(self, colours: Colours) -> Weights:
        green = self.green_percent[colours.rule_arn]
        return Weights(100 - green, green)

    def shift(self, colours: Colours, *, green_percent: int) -> None:
        self.acting(f"shift {green_percent}", lambda: self.green_percent.update({colours.rule_arn: green_percent}))

    def resolve(self, reference: ImageReference) -> Image:
        if reference.digest is None:
            raise PreflightFailed(f"there is no image {reference}")
        return Image(self.place.registry_url, reference.digest)

    def alarm_names(self, prefix: str) -> tuple[str, ...]:
        return tuple(name for name in self.alarms if name.startswith(prefix))

    def alarm_states(self, names: Sequence[str]) -> Mapping[str, AlarmState]:
        self.called("alarms")
        return {name: self.alarms.get(name, AlarmState.UNREADABLE) for name in names}

    def sample(self, place: Place, colours: Colours, colour: str, *, seconds: float) -> Sample:
        (service,) = [each for each in place.services.values() if each.colours == colours]
        name = service.green_name if colour == "green" else service.name
        seen = self.services.get(name)
        if seen is None or seen.primary is None:
            return Sample()
        behaviour = self.behaviour_of(seen.primary.definition_arn)
        requests = round(self.requests_a_second * seconds)
        return Sample(requests, round(requests * behaviour.error_rate), behaviour.p95_seconds)

    def look(self, references: Sequence[Reference]) -> tuple[ReferenceSeen, ...]:
        return tuple(
            ReferenceSeen(
                each, self.missing.get(each.identifier, ""), self.secret_version if each.kind == "secret" else ""
            )
            for each in references
        )

    def is_signed(self, key: str, message: bytes, signature: bytes) -> bool:
        return signature == key.encode() + message

    # --- Prober --------------------------------------------------------------------------------------------

    def probe(self, subject: Subject) -> SmokeReport:
        self.called("probe")
        results = []
        for key, place in subject.place.services.items():
            seen = self.services[place.name]
            assert seen.primary is not None
            behaviour = self.behaviour_of(seen.primary.definition_arn)
            content = subject.release.services[key] if subject.release else None
            is_ours = content is None or seen.serves(content.definition_arn)
            health = Health.UNHEALTHY if behaviour.is_wrong or not is_ours else Health.HEALTHY
            facts = {"app_version": behaviour.app_version}
            results.append(ProbeResult(ProbeKind.SERVICES, key, health, "asked", facts=facts))
        return SmokeReport.of(results)

    # --- how time passes -----------------------------------------------------------------------------------

    def behaviour_of(self, definition_arn: str) -> Behaviour:
        return self.behaviours.get(image_of(self.definitions[definition_arn]).rpartition("@")[2], Behaviour())

    def roll(self) -> None:
        """One step of every service towards what is wanted of it."""
        for name, seen in list(self.services.items()):
            self.services[name] = self._rolled(seen)
        self._ring()

    def serving_arns(self) -> dict[str, str]:
        """The revision that each service of the environment works towards."""
        primaries = {key: self.services[place.name].primary for key, place in self.place.services.items()}
        return {key: primary.definition_arn for key, primary in primaries.items() if primary is not None}

    def _rolled(self, seen: ServiceSeen) -> ServiceSeen:
        primary = seen.primary
        assert primary is not None
        others = tuple(each for each in seen.deployments if not each.is_primary)
        behaviour = self.behaviour_of(primary.definition_arn)
        if primary.state is RolloutState.IN_PROGRESS and (behaviour.crashes or behaviour.is_sick):
            started = seen.desired if behaviour.is_sick else 0
            primary = replace(primary, failed_tasks=primary.failed_tasks + 1, running=started)
            if primary.failed_tasks >= BREAKER:
                return self._broken(seen, replace(primary, state=RolloutState.FAILED, reason="tasks failed to start"))
        elif primary.state is not RolloutState.FAILED:
            primary = replace(primary, running=seen.desired)
            if not any(each.running for each in others):
                primary = replace(primary, state=RolloutState.COMPLETED)
                self.completed[seen.name] = primary.definition_arn
                self.served_since.setdefault(primary.id, self.now_seconds)
            others = tuple(replace(each, running=0) for each in others)
        running = primary.running + sum(each.running for each in others)
        return replace(seen, deployments=(primary, *others), running=running)

    def _broken(self, seen: ServiceSeen, failed: DeploymentSeen) -> ServiceSeen:
        """ECS goes back to what completed last, by itself."""
        old = replace(failed, is_primary=False, running=0)
        last = self.completed.get(seen.name)
        if last is None:
            return replace(seen, deployments=(replace(failed, running=0),))
        back = self._deployment(last)
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {back.id}."
        back = replace(back, running=seen.desired, reason=reason)
        return replace(seen, deployments=(back, old))

    def _ring(self) -> None:
        for name, seen in self.services.items():
            primary = seen.primary
            if primary is None or primary.id not in self.served_since:
                continue
            after = self.behaviour_of(primary.definition_arn).rings_after_seconds
            has_cause = after is not None and self.now_seconds - self.served_since[primary.id] >= after
            alarm = f"{name}-rollback-memory"
            if alarm in self.alarms and self.alarms[alarm] is not AlarmState.INSUFFICIENT_DATA:
                self.alarms[alarm] = AlarmState.ALARM if has_cause else AlarmState.OK

    def _service(self, name: str, definition_arn: str, desired: int) -> ServiceSeen:
        done = replace(self._deployment(definition_arn), state=RolloutState.COMPLETED, running=desired)
        return ServiceSeen(name, True, desired, desired, (done,), alarm_names=(f"{name}-rollback-memory",))

    def _deployment(self, definition_arn: str) -> DeploymentSeen:
        return DeploymentSeen(
            f"ecs-svc/{next(self._numbers)}", True, definition_arn, RolloutState.IN_PROGRESS, desired=self.desired
        )
