"""Alarms of one account and region, looked at: what their metrics say, and the state that follows from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from studyctl.adapters.emulator.ecs_agent.alarm_rule import UnsupportedRule, rings
from studyctl.adapters.emulator.ecs_agent.alarm_state import (
    COMPARISONS,
    AlarmState,
    Condition,
    MissingData,
    next_state,
)
from studyctl.adapters.emulator.ecs_agent.metric_math import Series, UnsupportedExpression
from studyctl.adapters.emulator.ecs_agent.metric_query import MetricQuery, Window, returned
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, MetricStore
from studyctl.adapters.emulator.ecs_agent.pace import Pace

log = logging.getLogger("studyctl.emulator")

SHORTEST_PERIOD_SECONDS = 1.0
"""Metrics are kept by the second."""
DEFAULT_PERIOD_SECONDS = 60.0

_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanOrEqualToThreshold": "less than or equal to",
    "LessThanThreshold": "less than",
}


def minute_seconds(pace: Pace) -> float:
    """How long a minute of metrics is here."""
    return max(SHORTEST_PERIOD_SECONDS, pace.metric_seconds(DEFAULT_PERIOD_SECONDS))


def look_at_alarms(backend: Any, store: MetricStore, pace: Pace, *, now_seconds: float) -> None:
    """Bring every alarm into the state that its metrics or its rule say. `cloudwatch` is held meanwhile."""
    alarms = list(backend.alarms.values())
    for alarm in alarms:
        if alarm.rule is None and alarm.comparison_operator in COMPARISONS:
            _look_at_metrics(alarm, store, pace, now_seconds)
    for alarm in alarms:
        if alarm.rule is not None:
            _look_at_rule(alarm, {each.name: AlarmState(each.state_value) for each in alarms})


def ringing(backend: Any) -> frozenset[str]:
    """The names of the alarms in ALARM."""
    return frozenset(each.name for each in backend.alarms.values() if each.state_value == AlarmState.ALARM)


def bake_seconds(backend: Any, names: Sequence[str], pace: Pace) -> float:
    """How long alarms are watched once the old tasks are gone: until each would have had the time to ring.

    AWS computes this from the alarms too, and does not say how.
    """
    alarms = [backend.alarms[name] for name in names if name in backend.alarms]
    return max((_period(each, pace) * condition_of(each).datapoints_to_alarm for each in alarms), default=0.0)


def condition_of(alarm: Any) -> Condition:
    """When an alarm rings, with the defaults of CloudWatch."""
    periods = int(alarm.evaluation_periods or 1)
    return Condition(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold or 0.0),
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or periods),
        missing_data=MissingData(alarm.treat_missing_data or MissingData.MISSING),
    )


def queries_of(alarm: Any) -> list[MetricQuery]:
    """What an alarm measures."""
    if not alarm.metric_data_queries:
        key = MetricKey.of(alarm.namespace, alarm.metric_name, {each.name: each.value for each in alarm.dimensions})
        return [MetricQuery("metric", key, alarm.statistic or alarm.extended_statistic)]
    return [_query(each) for each in alarm.metric_data_queries]


def _query(query: Any) -> MetricQuery:
    is_returned = query.return_data not in (False, "false")
    if query.metric_stat is None:
        return MetricQuery(query.id, expression=query.expression or "", is_returned=is_returned)
    metric = query.metric_stat.metric
    dimensions = {each.name: each.value for each in metric.dimensions}
    key = MetricKey.of(metric.namespace, metric.metric_name, dimensions)
    return MetricQuery(query.id, key, query.metric_stat.stat, is_returned=is_returned)


def _look_at_metrics(alarm: Any, store: MetricStore, pace: Pace, now_seconds: float) -> None:
    condition, period = condition_of(alarm), _period(alarm, pace)
    # the minute that has not ended yet says nothing; a longer period slides on with every minute
    # (CloudWatch User Guide, 'Alarm evaluation window')
    minute = min(period, minute_seconds(pace))
    window = Window(now_seconds - now_seconds % minute, period, condition.range_periods)
    try:
        points = returned(queries_of(alarm), store, window)
    except UnsupportedExpression as error:
        _change(alarm, AlarmState.INSUFFICIENT_DATA, f"The emulator cannot compute this alarm: {error}")
        return
    state = next_state(condition, points, AlarmState(alarm.state_value))
    _change(alarm, state, _reason(state, condition, points))


def _period(alarm: Any, pace: Pace) -> float:
    periods = [each.metric_stat.period for each in alarm.metric_data_queries if each.metric_stat is not None]
    periods += [each.period for each in alarm.metric_data_queries]
    stated = next((float(each) for each in (alarm.period, *periods) if each), DEFAULT_PERIOD_SECONDS)
    return max(SHORTEST_PERIOD_SECONDS, pace.metric_seconds(stated))


def _look_at_rule(alarm: Any, states: Mapping[str, AlarmState]) -> None:
    try:
        state = AlarmState.ALARM if rings(alarm.rule, states) else AlarmState.OK
    except UnsupportedRule as error:
        _change(alarm, AlarmState.INSUFFICIENT_DATA, f"The emulator cannot read the rule of this alarm: {error}")
        return
    _change(alarm, state, f"{alarm.rule} is {'true' if state is AlarmState.ALARM else 'false'}")


def _change(alarm: Any, state: AlarmState, reason: str) -> None:
    if state != alarm.state_value:
        log.info("alarm %s is %s: %s", alarm.name, state, reason)
        alarm.update_state(reason, "{}", str(state))


def _reason(state: AlarmState, condition: Condition, points: Series) -> str:
    there = [point for point in points if point is not None][-condition.evaluation_periods :]
    if state is AlarmState.INSUFFICIENT_DATA or not there:
        return f"Insufficient Data: {condition.evaluation_periods} datapoints were unknown."
    breaching = sum(condition.breaches(point) for point in there)
    shown = ", ".join(f"{point:g}" for point in there)
    was = "were" if state is AlarmState.ALARM else "were not"
    count = breaching if state is AlarmState.ALARM else len(there) - breaching
    return (
        f"Threshold Crossed: {count} out of the last {condition.evaluation_periods} datapoints [{shown}] {was} "
        f"{_WORDS[condition.comparison]} the threshold ({condition.threshold:g})."
    )
