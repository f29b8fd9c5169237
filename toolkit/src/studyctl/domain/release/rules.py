"""From what an environment's file says about releasing to the strategies that releases follow."""

from __future__ import annotations

from studyctl.domain.environment import releases as spec
from studyctl.domain.environment.environment import Environment
from studyctl.domain.release.canary import CanaryLimits
from studyctl.domain.release.strategy import Strategy, StrategyKind

MILLISECONDS = 1000
CONTROL_SECONDS = 600


def strategies_of(environment: Environment, *, seconds_a_second: float = 1.0) -> dict[str, Strategy]:
    """The strategy of each service. Where alarms and metrics live faster than by the clock, so do waits."""
    return {
        name: _strategy(service.release, seconds_a_second) for name, service in environment.services.by_name().items()
    }


def minimum_counts_of(environment: Environment) -> dict[str, int]:
    """How many tasks each service always has."""
    return {name: service.scaling.min for name, service in environment.services.by_name().items()}


def _strategy(release: spec.Release, seconds_a_second: float) -> Strategy:
    limit = release.max_p95_milliseconds
    return Strategy(
        kind=StrategyKind(release.strategy),
        weights=release.canary_percents,
        stage_seconds=release.stage_seconds / seconds_a_second,
        bake_seconds=release.bake_seconds / seconds_a_second,
        hold_seconds=release.hold_seconds / seconds_a_second,
        timeout_seconds=release.timeout_seconds,
        control_seconds=CONTROL_SECONDS / seconds_a_second,
        limits=CanaryLimits(
            min_requests=release.min_requests,
            error_points=release.max_error_points,
            p95_limit_seconds=None if limit is None else limit / MILLISECONDS,
        ),
    )
