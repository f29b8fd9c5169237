"""What the account answers about services, tasks and alarms, as far as releases decide by it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class RolloutState(enum.StrEnum):
    """ECS's own word for how a deployment of a service stands."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class DeploymentSeen:
    """One deployment of a service. ECS keeps the old ones until their last task is gone."""

    id: str
    is_primary: bool
    definition_arn: str
    state: RolloutState
    reason: str = ""
    desired: int = 0
    running: int = 0
    failed_tasks: int = 0


@dataclass(frozen=True)
class ServiceSeen:
    """A service as ECS describes it. `deployments` as ECS lists them, the primary one first."""

    name: str
    is_active: bool
    desired: int
    running: int
    deployments: tuple[DeploymentSeen, ...] = ()
    events: tuple[str, ...] = ()
    """What ECS says happened, newest first."""
    alarm_names: tuple[str, ...] = ()
    """The alarms that make ECS turn a deployment back."""
    target_groups: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    @property
    def primary(self) -> DeploymentSeen | None:
        """The deployment that ECS works towards."""
        return next((each for each in self.deployments if each.is_primary), None)

    @property
    def is_steady(self) -> bool:
        """Whether the primary deployment alone runs, with every task it shall have."""
        primary = self.primary
        return (
            self.is_active
            and primary is not None
            and primary.state is RolloutState.COMPLETED
            and primary.running == self.desired
            and not any(other.running for other in self.deployments if not other.is_primary)
        )

    def works_towards(self, definition_arn: str | None) -> bool:
        """Whether that revision is the primary deployment's, whatever became of it."""
        return self.primary is not None and self.primary.definition_arn == definition_arn

    def runs(self, definition_arn: str | None) -> bool:
        """Whether ECS works towards exactly that revision and did not give it up; tasks may come and go meanwhile."""
        has_failed = self.primary is not None and self.primary.state is RolloutState.FAILED
        return self.is_active and self.works_towards(definition_arn) and not has_failed

    def serves(self, definition_arn: str | None) -> bool:
        """Whether exactly that revision serves, and has tasks that do."""
        primary = self.primary
        return self.is_steady and self.desired > 0 and primary is not None and primary.definition_arn == definition_arn


@dataclass(frozen=True)
class StoppedTask:
    """A task that ended: why, and the last lines it logged, oldest first."""

    task_id: str
    reason: str
    exit_code: int | None = None
    log_lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        code = "" if self.exit_code is None else f" (exit {self.exit_code})"
        return "\n".join([f"task {self.task_id}{code}: {self.reason}", *(f"  | {line}" for line in self.log_lines)])


@dataclass(frozen=True)
class TaskSeen:
    """A one-off task."""

    arn: str
    is_stopped: bool
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Weights:
    """Which share of the traffic each colour of a service gets, in percent."""

    blue: int
    green: int

    @classmethod
    def of(cls, shares: Mapping[str, int]) -> Weights:
        """From the weights of a listener's rule, whatever their sum."""
        total = sum(shares.values()) or 1
        green = round(100 * shares.get("green", 0) / total)
        return cls(100 - green, green)


@dataclass(frozen=True)
class Reference:
    """Something that a release needs and does not make. `used_by` are services."""

    kind: str
    identifier: str
    used_by: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.identifier} (for {', '.join(self.used_by)})"


@dataclass(frozen=True)
class ReferenceSeen:
    """Whether it is there; `problem` is empty when it is. `version` is what a secret's current value is known as."""

    reference: Reference
    problem: str = ""
    version: str = ""
