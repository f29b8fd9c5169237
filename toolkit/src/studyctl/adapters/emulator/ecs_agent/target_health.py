"""What a load balancer's opinion of its targets means for their task.

The balancer decides how a target stands (`adapters/local/load_balancer/health`); ECS decides what follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.rollout import Health
from studyctl.adapters.local.load_balancer import health as balancer

WRONG_ANSWER = "Target.ResponseCodeMismatch"
DRAINING = "draining"


@dataclass(frozen=True)
class TargetHealth:
    """A target as `DescribeTargetHealth` tells of it. Times are seconds of the monotonic clock."""

    registered_seconds: float
    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    answered_seconds: float | None = None
    """Since when it is known to answer, whatever it answers."""

    @property
    def is_healthy(self) -> bool:
        """Whether it gets requests."""
        return self.state == balancer.Health.HEALTHY


def after_look(
    health: TargetHealth, standing: balancer.Standing | None, *, pace: Pace, now_seconds: float
) -> TargetHealth:
    """A target after the balancer was asked about it. None: it does not know it yet."""
    if standing is None:
        return health
    answers = standing.health is balancer.Health.HEALTHY or standing.reason == WRONG_ANSWER
    answered = health.answered_seconds
    is_starting = now_seconds - health.registered_seconds < pace.first_answer_seconds
    if not answers and answered is None and is_starting:
        standing = balancer.Standing()
    return replace(
        health,
        state=str(standing.health),
        reason=standing.reason,
        description=standing.detail,
        answered_seconds=now_seconds if answers and answered is None else answered,
    )


def draining(health: TargetHealth) -> TargetHealth:
    """A target that was deregistered and finishes what it has begun."""
    return replace(
        health,
        state=DRAINING,
        reason="Target.DeregistrationInProgress",
        description="Target deregistration is in progress",
    )


def health_of_task(targets: Sequence[TargetHealth], *, grace_seconds: float, pace: Pace, now_seconds: float) -> Health:
    """What the targets of a task say of it together.

    ECS ignores bad checks during the service's grace period. Who answers badly has started, so its grace passes as fast
    as every wait here; who does not answer yet may need the time.
    """
    if all(target.is_healthy for target in targets):
        return Health.HEALTHY
    if any(now_seconds >= _patience_ends(target, grace_seconds, pace) for target in targets if _is_bad(target)):
        return Health.UNHEALTHY
    return Health.UNKNOWN


def _is_bad(target: TargetHealth) -> bool:
    return target.state == balancer.Health.UNHEALTHY


def _patience_ends(target: TargetHealth, grace_seconds: float, pace: Pace) -> float:
    if target.answered_seconds is not None:
        return target.answered_seconds + pace.wait_seconds(grace_seconds)
    return target.registered_seconds + pace.start_seconds(grace_seconds)
