"""How a container is by its own health check: exit codes of a command in, health out.

Source: Amazon ECS API Reference, 'HealthCheck': failures during the start period do not count, one success ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from studyctl.adapters.emulator.ecs_agent.rollout import Health


@dataclass(frozen=True)
class ContainerHealth:
    """`started_seconds` is the monotonic time at which the container began."""

    started_seconds: float
    health: Health = Health.UNKNOWN
    failures: int = 0


def after_command(
    state: ContainerHealth, *, succeeded: bool, retries: int, start_seconds: float, now_seconds: float
) -> ContainerHealth:
    """A container after its command ended once more."""
    if succeeded:
        return replace(state, health=Health.HEALTHY, failures=0)
    is_starting = state.health is Health.UNKNOWN and now_seconds - state.started_seconds < start_seconds
    if is_starting:
        return state
    failures = state.failures + 1
    return replace(state, failures=failures, health=Health.UNHEALTHY if failures >= retries else state.health)


def combined(*healths: Health) -> Health:
    """The health of a task with several checks: bad if one is bad, good if all are good."""
    if Health.UNHEALTHY in healths:
        return Health.UNHEALTHY
    return Health.HEALTHY if all(each is Health.HEALTHY for each in healths) else Health.UNKNOWN
