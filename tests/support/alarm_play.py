"""Alarms of CloudWatch played by the emulator's own: silent up to the limit, ringing beyond it in time, and over again.

Limits and windows are those of monitoring/, everything else is what terraform made. tests/emulator/ecs_agent holds what
plays them against the tables of AWS's documentation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.emulator.ecs_agent.alarm_state import AlarmState, Condition, MissingData, next_state
from studyctl.adapters.emulator.ecs_agent.metric_math import evaluate
from studyctl.domain.monitoring.alerts import Alert
from studyctl.domain.monitoring.objectives import BurnAlert, Objective

OK, ALARM = AlarmState.OK, AlarmState.ALARM
SILENCE = {"missing": AlarmState.INSUFFICIENT_DATA, "breaching": ALARM, "not_breaching": OK}
A_LOT = 100_000.0
INSIDE, BEYOND = 0.9, 1.1
_RUNBOOK = re.compile(r"monitoring/runbooks/([a-z-]+)\.md$")

Metrics = Mapping[str, float | None]
"""What each metric of an alarm says in one period, by its id; None where nothing was measured."""


@dataclass(frozen=True)
class Alarm:
    """An alarm as it is made. `statistics` are those of a formula's metrics by their ids."""

    key: str
    row: str | None
    condition: Condition
    period_seconds: int
    formula: str | None
    statistics: Mapping[str, str]

    @classmethod
    def planned(cls, key: str, values: Mapping[str, Any]) -> Alarm | None:
        """Of a plan; None where the plan hides the metrics, because it does not know what they are of yet."""
        formulas = [each["expression"] for each in values.get("metric_query") or () if each.get("expression")]
        metrics = {each["id"]: each["metric"][0] for each in values.get("metric_query") or () if each.get("metric")}
        periods = {each["period"] for each in metrics.values()} or {values.get("period")} - {None}
        if not periods:
            return None
        (period,) = map(int, filter(None, periods))
        return cls(
            key,
            _row(values["alarm_description"]),
            _condition(
                *(values[name] for name in ("comparison_operator", "threshold", "evaluation_periods")),
                *(values[name] for name in ("datapoints_to_alarm", "treat_missing_data")),
            ),
            period,
            next(iter(formulas), None),
            {name: metric["stat"] for name, metric in metrics.items()},
        )

    @classmethod
    def described(cls, key: str, values: Mapping[str, Any]) -> Alarm:
        """Of an account."""
        formulas = [each["Expression"] for each in values.get("Metrics", ()) if each.get("Expression")]
        metrics = {each["Id"]: each["MetricStat"] for each in values.get("Metrics", ()) if "MetricStat" in each}
        periods = {each["Period"] for each in metrics.values()} or {values["Period"]}
        (period,) = periods
        return cls(
            key,
            _row(values.get("AlarmDescription", "")),
            _condition(
                *(values[name] for name in ("ComparisonOperator", "Threshold", "EvaluationPeriods")),
                *(values.get(name) for name in ("DatapointsToAlarm", "TreatMissingData")),
            ),
            int(period),
            next(iter(formulas), None),
            {name: metric["Stat"] for name, metric in metrics.items()},
        )

    def after(self, *periods: Metrics) -> AlarmState:
        """The state after these periods, the oldest first."""
        series = {name: tuple(period[name] for period in periods) for name in periods[0]}
        if self.formula is None:
            return next_state(self.condition, series["metric"], OK)
        assert set(self.statistics) == set(series), self.key
        return next_state(self.condition, evaluate(self.formula, series, length=len(periods)), OK)


def play(alarm: Alarm, row: Alert, limit: float) -> None:
    """One alarm of a row."""
    n = row.window.periods
    calm = _measured(row, limit)
    trouble = _measured(row, limit * BEYOND + 0.01 if row.above is not None else limit * INSIDE)
    assert (alarm.period_seconds, alarm.condition.evaluation_periods) == (row.window.period_seconds, n), alarm.key
    assert alarm.after(*[calm] * n) is OK, f"{alarm.key} rings at its limit"
    assert alarm.after(calm, *[trouble] * (n - 1)) is OK, f"{alarm.key} rings too early"
    assert alarm.after(*[trouble] * n) is ALARM, f"{alarm.key} is silent beyond its limit"
    assert alarm.after(*[trouble] * (n - 1), calm) is OK, f"{alarm.key} does not end"
    assert alarm.after(*[dict.fromkeys(calm)] * n) is SILENCE[row.missing], f"{alarm.key} misunderstands silence"


def play_window(alarm: Alarm, objective: Objective, burn: BurnAlert, *, is_long: bool) -> None:
    """One of the two windows of an error budget."""
    n, share = alarm.condition.evaluation_periods, burn.limit(objective)
    assert n * alarm.period_seconds == 60 * (burn.long_minutes if is_long else burn.short_minutes), alarm.key
    calm, slow_burn, fast_burn = (_traffic(objective, burn, each * share) for each in (0, INSIDE, BEYOND))
    assert alarm.after(*[slow_burn] * n) is OK, f"{alarm.key} rings inside its budget"
    assert alarm.after(*[fast_burn] * n) is ALARM, f"{alarm.key} is silent while its budget burns"
    assert alarm.after(*[fast_burn] * (n - 1), calm) is OK, f"{alarm.key} does not end"
    assert alarm.after(*[dict.fromkeys(calm)] * n) is OK, f"{alarm.key} rings when nobody asks"
    least = burn.least_broken if is_long else 1
    few = 2 * math.ceil(least / (2 * BEYOND * share)) - 2  # of which fewer than the least are a burn
    assert alarm.after(*[_traffic(objective, burn, BEYOND * share, requests=few)] * n) is OK, f"{alarm.key}: too few"
    if burn.promise == "latency":  # slower than the promise is more than this share exactly when this percentile is
        slow = {name: each for name, each in alarm.statistics.items() if name.startswith("slow")}
        assert set(slow.values()) == {f"p{100 - 100 * share:g}"}, alarm.key


def reads(*, hits_percent: float, count: float = A_LOT) -> Metrics:
    """Reads of a cache that answers: its first level counts misses only while Redis is away."""
    hits = hits_percent / 100 * count
    return {"first": hits or None, "second": None, "first_missed": None, "second_missed": count - hits}


def failures(percent: float, *, of: str) -> Metrics:
    """Requests of which so many fail, by the targets' fault or the balancer's. A count of nothing has no data."""
    return {"balancer": None, "targets": None, "requests": A_LOT, of: percent / 100 * A_LOT}


def _measured(row: Alert, value: float) -> Metrics:
    """What makes an alarm compute a value."""
    assert row.cloudwatch is not None
    if row.cloudwatch.metric is not None:
        return {"metric": value}
    if "first_missed" in row.cloudwatch.metrics:
        return reads(hits_percent=value)
    return failures(value, of="targets")


def _traffic(objective: Objective, burn: BurnAlert, share: float, *, requests: float = A_LOT) -> Metrics:
    """Requests to both colours, of which a share breaks the promise."""
    half = requests / 2
    if burn.promise == "availability":
        broken = math.floor(share * half) or None
        return {"requests_blue": half, "requests_green": half, "errors_blue": broken, "errors_green": broken}
    slow = objective.p95_seconds * (BEYOND if share > burn.limit(objective) else INSIDE)
    return {"requests_blue": half, "requests_green": half, "slow_blue": slow, "slow_green": INSIDE}


def _condition(comparison: str, threshold: float, periods: int, to_alarm: int | None, missing: str | None) -> Condition:
    return Condition(
        comparison,
        float(threshold),
        int(periods),
        int(to_alarm or periods),
        MissingData(missing or MissingData.MISSING),
    )


def _row(description: str) -> str | None:
    """The row whose runbook an alarm names; the windows of an error budget name none."""
    found = _RUNBOOK.search(description)
    return found[1] if found else None


def limits_of(row: Alert, alarm: Alarm, least_tasks: Mapping[str, int]) -> float:
    """The number of the row, or what the watched thing says of itself. Tasks are those of each service by its key."""
    stated = row.above if row.above is not None else row.below
    if stated == "min_tasks":
        return float(least_tasks[alarm.key.removesuffix("-tasks").replace("-", "_")])
    if stated == "backlog_age_seconds":  # terraform/queue computes and tests it
        return alarm.condition.threshold
    assert isinstance(stated, float)
    return stated


def play_all(alarms: Sequence[Alarm], rows: Sequence[Alert], least_tasks: Mapping[str, int]) -> frozenset[str]:
    """Every alarm of a row; the names of those that were played."""
    by_name = {row.name: row for row in rows}
    played = set()
    for alarm in alarms:
        if alarm.row is not None:
            row = by_name[alarm.row]
            play(alarm, row, limits_of(row, alarm, least_tasks))
            played.add(row.name)
    return frozenset(played)
