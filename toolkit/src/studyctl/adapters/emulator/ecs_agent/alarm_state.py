"""What state an alarm is in, from its datapoints: M of N, and what missing data mean.

Source: CloudWatch User Guide, 'Configuring how CloudWatch alarms treat missing data', whose tables are in the tests.
"""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

EXTRA_PERIODS = 2
"""CloudWatch looks at more periods than it evaluates, to find real datapoints in place of missing ones."""


class AlarmState(enum.StrEnum):
    """`StateValue` of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(enum.StrEnum):
    """`TreatMissingData` of an alarm."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


@dataclass(frozen=True)
class Condition:
    """When an alarm rings: `datapoints_to_alarm` of the last `evaluation_periods` datapoints breach the threshold."""

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing_data: MissingData = MissingData.MISSING

    @property
    def range_periods(self) -> int:
        """How many periods are looked at."""
        return self.evaluation_periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        """Whether one datapoint is on the wrong side."""
        return COMPARISONS[self.comparison](value, self.threshold)


def next_state(condition: Condition, points: Sequence[float | None], current: AlarmState) -> AlarmState:
    """The state after a look at `points`, the oldest first, one for each period of the evaluation range."""
    there = [point for point in points if point is not None][-condition.evaluation_periods :]
    breaching = sum(condition.breaches(point) for point in there)
    gaps = condition.evaluation_periods - len(there)
    wanted = condition.datapoints_to_alarm
    match condition.missing_data:
        case MissingData.BREACHING:
            return AlarmState.ALARM if breaching + gaps >= wanted else AlarmState.OK
        case MissingData.NOT_BREACHING:
            return AlarmState.ALARM if breaching >= wanted else AlarmState.OK
    if breaching >= wanted:
        return AlarmState.ALARM
    if breaching < len(there):
        return AlarmState.OK
    if condition.missing_data is MissingData.IGNORE:
        return current
    # nothing there, or only a few points and all of them bad
    return AlarmState.ALARM if there else AlarmState.INSUFFICIENT_DATA
