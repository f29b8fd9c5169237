"""What the agent remembers of services and tasks beside moto's own objects, to which the records are attached.

Records are changed only while the `ecs` service is held.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.ecs_agent.container import Container
from studyctl.adapters.emulator.ecs_agent.container_health import ContainerHealth
from studyctl.adapters.emulator.ecs_agent.rollout import Failure, Health, Phase, Rollout
from studyctl.adapters.emulator.ecs_agent.target_health import TargetHealth

_ATTRIBUTE = "_studyctl_record"


class Stage(enum.StrEnum):
    """Where a task is in its life: `lastStatus`."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


class StopCode(enum.StrEnum):
    """Who or what ended a task."""

    TASK_FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    USER_INITIATED = "UserInitiated"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"


@dataclass(frozen=True)
class TargetGroupLink:
    """Tasks of a service are targets of this group, on this port of a container."""

    target_group: str
    port: int


@dataclass(frozen=True)
class Revision:
    """What the tasks of a deployment run, and how."""

    task_definition: str
    links: tuple[TargetGroupLink, ...]
    settings: Mapping[str, Any]
    """Parts of the service that belong to the revision, as the API says them."""
    created_at: datetime


@dataclass
class TaskRecord:
    """A task. Times are seconds of the monotonic clock."""

    id: str
    place: Place
    model: Any
    created_seconds: float
    container: Container | None = None
    service: ServiceRecord | None = None
    deployment: str = ""
    address: str = ""
    stage: Stage = Stage.PROVISIONING
    port: int = 0
    pid: int = 0
    running_seconds: float = 0.0
    targets: dict[TargetGroupLink, TargetHealth] = field(default_factory=dict)
    container_health: ContainerHealth | None = None
    health: Health = Health.UNKNOWN
    complaint: str = ""
    stop_code: StopCode | None = None
    stop_reason: str = ""
    leaving_since_seconds: float = 0.0
    drained_at_seconds: float = 0.0
    terminated_seconds: float | None = None
    is_killed: bool = False
    exit_code: int | None = None
    is_finished: bool = False
    """Stopped, written down and cleaned up after."""

    @property
    def phase(self) -> Phase:
        """What it counts as."""
        if self.stage in (Stage.PROVISIONING, Stage.PENDING):
            return Phase.LEAVING if self.is_told_to_stop else Phase.PENDING
        return Phase.RUNNING if self.stage is Stage.RUNNING else Phase.LEAVING

    @property
    def is_told_to_stop(self) -> bool:
        """Whether its end has begun."""
        return self.stop_code is not None


@dataclass
class ServiceRecord:
    """A service. `failures` are those since the last look; `model` is moto's."""

    place: Place
    model: Any
    rollout: Rollout = field(default_factory=Rollout)
    revisions: dict[str, Revision] = field(default_factory=dict)
    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    scaled_seconds: float = 0.0
    published: dict[str, tuple[object, datetime]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The service's name."""
        return str(self.model.name)

    @property
    def grace_seconds(self) -> float:
        """How long after its start bad checks of a task are ignored."""
        return float(getattr(self.model, "health_check_grace_period_seconds", None) or 0)

    @property
    def desired_count(self) -> int:
        """How many tasks are wanted; a service that is deleted wants none."""
        return int(self.model.desired_count) if self.model.status == "ACTIVE" else 0


def attach(owner: Any, record: ServiceRecord | TaskRecord) -> None:
    """Keep a record with moto's object: both go when the emulator forgets the object."""
    owner.__dict__[_ATTRIBUTE] = record


def service_record(service: Any) -> ServiceRecord | None:
    """The record of one of moto's services."""
    found = service.__dict__.get(_ATTRIBUTE)
    return found if isinstance(found, ServiceRecord) else None


def task_record(task: Any) -> TaskRecord | None:
    """The record of one of moto's tasks."""
    found = task.__dict__.get(_ATTRIBUTE)
    return found if isinstance(found, TaskRecord) else None
