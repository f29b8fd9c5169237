"""CloudWatch: composite alarms.

- `PutCompositeAlarm` is missing, though moto's metric alarms know `AlarmRule` and are returned as composite by it.

Alarms are never evaluated: their state is what `SetAlarmState` says.
"""

from __future__ import annotations

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("cloudwatch")


@EXTENSION.operation(CloudWatchResponse)
def put_composite_alarm(response: CloudWatchResponse) -> ActionResult:
    """An alarm with a rule in place of a metric."""
    return response.put_metric_alarm()
