"""How a target of a load balancer is: results of checks in, state and reason out, in the words of the API.

Source: Elastic Load Balancing User Guide, 'Health checks for Application Load Balancer target groups'.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.rollout import Health


class TargetState(enum.StrEnum):
    """`TargetHealth.State`."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    UNUSED = "unused"


class Problem(enum.Enum):
    """Why a check brought no status."""

    TIMEOUT = enum.auto()
    NO_ANSWER = enum.auto()


@dataclass(frozen=True)
class CheckPolicy:
    """When a target is good. `matcher` is a list of statuses and ranges, such as `200,301-399`."""

    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = "200"

    def expects(self, status: int) -> bool:
        """Whether an answer with this status is good."""
        for part in self.matcher.split(","):
            first, _, last = part.strip().partition("-")
            if int(first) <= status <= int(last or first):
                return True
        return False


@dataclass(frozen=True)
class TargetHealth:
    """`state` with what led to it. Times are seconds of the monotonic clock."""

    registered_seconds: float
    state: TargetState = TargetState.INITIAL
    reason: str = "Elb.InitialHealthChecking"
    description: str = "Initial health checks in progress"
    passes: int = 0
    failures: int = 0
    answered_seconds: float | None = None
    """Since when it answers at all, whatever it answers."""
    is_answering: bool = False


def after_check(
    health: TargetHealth, outcome: int | Problem, policy: CheckPolicy, *, now_seconds: float
) -> TargetHealth:
    """A target after one more check. The first pass makes a new target healthy; later the thresholds count."""
    is_answering = isinstance(outcome, int)
    answered = health.answered_seconds
    if is_answering and answered is None:
        answered = now_seconds
    health = replace(health, answered_seconds=answered, is_answering=is_answering)
    if isinstance(outcome, int) and policy.expects(outcome):
        return _passed(health, policy)
    return _failed(health, outcome, policy)


def _passed(health: TargetHealth, policy: CheckPolicy) -> TargetHealth:
    health = replace(health, passes=health.passes + 1, failures=0)
    is_new = health.state is TargetState.INITIAL
    if health.state is TargetState.HEALTHY or is_new or health.passes >= policy.healthy_threshold:
        return replace(health, state=TargetState.HEALTHY, reason="", description="")
    return health


def _failed(health: TargetHealth, outcome: int | Problem, policy: CheckPolicy) -> TargetHealth:
    health = replace(health, failures=health.failures + 1, passes=0)
    if health.state is not TargetState.UNHEALTHY and health.failures < policy.unhealthy_threshold:
        return health
    reason, description = _words(outcome)
    return replace(health, state=TargetState.UNHEALTHY, reason=reason, description=description)


def _words(outcome: int | Problem) -> tuple[str, str]:
    if outcome is Problem.TIMEOUT:
        return "Target.Timeout", "Request timed out"
    if outcome is Problem.NO_ANSWER:
        return "Target.FailedHealthChecks", "Health checks failed"
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{outcome}]"


def draining(health: TargetHealth) -> TargetHealth:
    """A target that was deregistered and finishes what it has begun."""
    return replace(
        health,
        state=TargetState.DRAINING,
        reason="Target.DeregistrationInProgress",
        description="Target deregistration is in progress",
    )


def health_of_task(targets: Sequence[TargetHealth], *, grace_seconds: float, pace: Pace, now_seconds: float) -> Health:
    """What the targets of a task say of it together.

    ECS ignores bad checks during the service's grace period. Who answers badly has started, so its grace passes as fast
    as every wait here; who does not answer yet may need the time.
    """
    if all(target.state is TargetState.HEALTHY for target in targets):
        return Health.HEALTHY
    for target in targets:
        if target.state is not TargetState.UNHEALTHY:
            continue
        if target.is_answering and target.answered_seconds is not None:
            patience_ends = target.answered_seconds + pace.wait_seconds(grace_seconds)
        else:
            patience_ends = target.registered_seconds + pace.start_seconds(grace_seconds)
        if now_seconds >= patience_ends:
            return Health.UNHEALTHY
    return Health.UNKNOWN
