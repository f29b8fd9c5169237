"""A service's deployments as frozen values: what was asked for, what is seen, what is to be done about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class RolloutState(enum.StrEnum):
    """How far a deployment is, in the words of the API."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Phase(enum.Enum):
    """What a task counts as."""

    PENDING = enum.auto()
    RUNNING = enum.auto()
    LEAVING = enum.auto()
    """Told to stop: it may still run, but ECS counts it no longer."""


class Health(enum.Enum):
    """What the checks of a task say together."""

    UNKNOWN = enum.auto()
    HEALTHY = enum.auto()
    UNHEALTHY = enum.auto()


@dataclass(frozen=True)
class TaskFact:
    """One task that has not ended. `complaint` says in ECS's words which check an unhealthy one fails."""

    id: str
    deployment: str
    phase: Phase
    health: Health = Health.UNKNOWN
    complaint: str = ""

    @property
    def is_staying(self) -> bool:
        """Whether it is running or about to."""
        return self.phase is not Phase.LEAVING

    @property
    def is_healthy(self) -> bool:
        """Whether it serves."""
        return self.phase is Phase.RUNNING and self.health is Health.HEALTHY


@dataclass(frozen=True)
class Failure:
    """A task that could not start, or ended by itself. `is_final`: another try would fail in the same way."""

    deployment: str
    is_final: bool = False


@dataclass(frozen=True)
class Deployment:
    """One deployment. `failed_tasks` counts failures in a row; `proven` are the tasks that were healthy once."""

    id: str
    state: RolloutState = RolloutState.IN_PROGRESS
    reason: str = ""
    failed_tasks: int = 0
    failures_in_a_row: int = 0
    not_before_seconds: float = 0.0
    is_held: bool = False
    proven: frozenset[str] = frozenset()
    alarms_at_start: frozenset[str] | None = None
    steady_since_seconds: float | None = None

    @property
    def is_in_progress(self) -> bool:
        """Whether it is still judged."""
        return self.state is RolloutState.IN_PROGRESS


@dataclass(frozen=True)
class Rollout:
    """All deployments of a service, the newest (the primary) first, and the one that a failure goes back to."""

    deployments: tuple[Deployment, ...] = ()
    last_completed: Deployment | None = None
    is_steady: bool = False

    @property
    def primary(self) -> Deployment:
        """The one that is wanted."""
        return self.deployments[0]


@dataclass(frozen=True)
class Policy:
    """What the service asks for. `bake_seconds` is how long alarms are watched after the old tasks are gone."""

    desired_count: int
    minimum_percent: int = 100
    maximum_percent: int = 200
    has_breaker: bool = False
    breaker_rolls_back: bool = False
    alarm_names: frozenset[str] = frozenset()
    alarms_roll_back: bool = False
    bake_seconds: float = 0.0

    @property
    def minimum_healthy(self) -> int:
        """Fewer healthy tasks than this are never left by choice; rounded up, as AWS does."""
        return -(-self.desired_count * self.minimum_percent // 100)

    @property
    def maximum_tasks(self) -> int:
        """More tasks than this are never running or pending by choice; rounded down, as AWS does."""
        return self.desired_count * self.maximum_percent // 100


@dataclass(frozen=True)
class Observation:
    """What is seen now: tasks that have not ended, failures since the last look, alarms in ALARM."""

    now_seconds: float
    tasks: tuple[TaskFact, ...] = ()
    failures: tuple[Failure, ...] = ()
    ringing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Launch:
    """Start tasks of a deployment."""

    deployment: str
    count: int


@dataclass(frozen=True)
class Stop:
    """Let one task go."""

    task: str
    reason: str


@dataclass(frozen=True)
class Announce:
    """Write an event of the service."""

    message: str


Action = Launch | Stop | Announce


@dataclass(frozen=True)
class Step:
    """The deployments as they are now, and what is to be done."""

    rollout: Rollout
    actions: tuple[Action, ...] = ()
