"""How a new revision comes in: all at once behind the scenes, or beside the old one with traffic moved over."""

from __future__ import annotations

import enum

from studyctl.domain.release.base import Recorded
from studyctl.domain.release.canary import CanaryLimits, Sample, compare
from studyctl.domain.release.verdicts import Judgement, Verdict, passed


class StrategyKind(enum.StrEnum):
    """The ways."""

    ROLLING = "rolling"
    BLUE_GREEN = "blue_green"
    CANARY = "canary"


class Strategy(Recorded):
    """How one service is released and how long it is watched. Times are in seconds.

    `bake_seconds` counts only while the service is in full health and can be judged; `hold_seconds` is how long in
    all a judgement may be impossible before that counts as a failure.
    """

    kind: StrategyKind = StrategyKind.ROLLING
    weights: tuple[int, ...] = (5, 25, 100)
    stage_seconds: float = 120
    bake_seconds: float = 300
    hold_seconds: float = 300
    timeout_seconds: float = 900
    control_seconds: float = 600
    """How far back the old revision is looked at beside the new one: what it answered before it gave traffic away."""
    limits: CanaryLimits = CanaryLimits()

    @property
    def stages(self) -> tuple[int, ...]:
        """The percentages of traffic that the new revision gets one after another, beside the old one."""
        match self.kind:
            case StrategyKind.ROLLING:
                return ()
            case StrategyKind.BLUE_GREEN:
                return (100,)
            case StrategyKind.CANARY:
                return self.weights

    @property
    def is_beside(self) -> bool:
        """Whether the new revision first runs beside the old one, behind target group "green"."""
        return bool(self.stages)


def tasks_for(weight: int, desired: int) -> int:
    """How many tasks carry `weight` percent of the traffic of `desired` tasks; never none."""
    return max(1, -(-desired * weight // 100))


def judge_beside(canary: Sample, control: Sample, strategy: Strategy) -> Verdict:
    """Judge what runs beside the old revision. A canary needs requests; blue/green is watched by alarms as well,
    so there few requests are no reason to doubt."""
    verdict = compare(canary, control, strategy.limits)
    too_few = canary.requests < strategy.limits.min_requests
    if strategy.kind is StrategyKind.BLUE_GREEN and too_few and verdict.judgement is Judgement.INCONCLUSIVE:
        return passed(f"only {canary.requests} requests, and no alarm")
    return verdict
