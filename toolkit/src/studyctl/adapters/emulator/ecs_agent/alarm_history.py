"""How an alarm's state changed: moto keeps what was before each change, and has no call that tells it.

Source: CloudWatch API Reference, 'DescribeAlarmHistory' and 'AlarmHistoryItem'.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

STATE_UPDATE = "StateUpdate"


@dataclass(frozen=True)
class StateUpdate:
    """One change. Times have no zone and are UTC, as moto's are."""

    alarm: str
    alarm_type: str
    at: datetime
    before: str
    after: str
    reason: str

    def item(self) -> Mapping[str, Any]:
        """As the API tells it."""
        data = {
            "oldState": {"stateValue": self.before},
            "newState": {"stateValue": self.after, "stateReason": self.reason},
        }
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.alarm_type,
            "Timestamp": self.at,
            "HistoryItemType": STATE_UPDATE,
            "HistorySummary": f"Alarm updated from {self.before} to {self.after}",
            "HistoryData": json.dumps(data),
        }


def state_updates(alarm: Any) -> Iterator[StateUpdate]:
    """Every change of one of moto's alarms, oldest first."""
    earlier = [(state, reason, at) for _, reason, _, state, at in alarm.history]
    states = [*earlier, (alarm.state_value, alarm.state_reason, alarm.state_updated_timestamp)]
    kind = "CompositeAlarm" if alarm.rule is not None else "MetricAlarm"
    for (before, _, _), (after, reason, at) in pairwise(states):
        yield StateUpdate(alarm.name, kind, at, before, after, reason)
