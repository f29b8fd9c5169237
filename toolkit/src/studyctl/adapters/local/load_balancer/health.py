"""How a target stands, decided from its answers alone, as an application load balancer decides it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from studyctl.adapters.local.routing import HealthCheck


class Health(enum.StrEnum):
    """The states of a target; their names are those of the AWS API."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


CHECKING_REASON = "Elb.InitialHealthChecking"


@dataclass(frozen=True)
class Standing:
    """One target's health. `streak` counts answers in a row that speak against it; `reason` is AWS's code for it."""

    health: Health = Health.INITIAL
    streak: int = 0
    reason: str = CHECKING_REASON
    detail: str = "Initial health checks in progress"


@dataclass(frozen=True)
class Observation:
    """One answer to a health check, or what came in its place."""

    is_good: bool
    reason: str = ""
    detail: str = ""

    @classmethod
    def of_status(cls, status: int, check: HealthCheck) -> Observation:
        """An answer with a status."""
        if check.expects(status):
            return cls(is_good=True)
        return cls(False, "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")

    @classmethod
    def no_answer(cls) -> Observation:
        """The time was up."""
        return cls(False, "Target.Timeout", "Request timed out")

    @classmethod
    def refused(cls, why: str) -> Observation:
        """Nobody listened, or spoke no HTTP."""
        return cls(False, "Target.FailedHealthChecks", f"Health checks failed: {why}")


def observe(standing: Standing, seen: Observation, check: HealthCheck) -> Standing:
    """How the target stands after one more answer."""
    if seen.is_good:
        needed = 1 if standing.health is Health.INITIAL else check.healthy_threshold
        if standing.health is Health.HEALTHY or standing.streak + 1 >= needed:
            return Standing(Health.HEALTHY, reason="", detail="")
        return Standing(standing.health, standing.streak + 1, standing.reason, standing.detail)
    if standing.health is Health.UNHEALTHY:
        return Standing(Health.UNHEALTHY, 0, seen.reason, seen.detail)
    if standing.streak + 1 >= check.unhealthy_threshold:
        return Standing(Health.UNHEALTHY, 0, seen.reason, seen.detail)
    return Standing(standing.health, standing.streak + 1, standing.reason, standing.detail)
