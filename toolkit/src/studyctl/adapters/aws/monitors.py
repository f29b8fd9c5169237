"""Alarms and metrics of one account and region."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.canary import Sample
from studyctl.domain.release.place import Colours, Place
from studyctl.errors import StudyctlError

NAMES_A_CALL = 100
PERIOD_SECONDS = 60
NAMESPACE = "AWS/ApplicationELB"
_METRICS = {
    "requests": ("RequestCount", "Sum"),
    "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
    "p95": ("TargetResponseTime", "p95"),
}


@dataclass(frozen=True)
class CloudWatch:
    """Asks CloudWatch."""

    cloudwatch: Any

    def alarm_names(self, prefix: str) -> tuple[str, ...]:
        """The environment's alarms: those whose names begin as its own things do."""
        with asking("describe alarms"):
            pages = self.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
            return tuple(alarm["AlarmName"] for page in pages for alarm in _alarms(page))

    def alarm_states(self, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """The state of each; what cannot be asked, or does not exist, is unreadable."""
        states = dict.fromkeys(names, AlarmState.UNREADABLE)
        for start in range(0, len(names), NAMES_A_CALL):
            try:
                with asking("describe alarms"):
                    answer = self.cloudwatch.describe_alarms(
                        AlarmNames=list(names[start : start + NAMES_A_CALL]),
                        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                    )
            except StudyctlError:
                continue  # they stay unreadable, which nobody takes for good
            states |= {alarm["AlarmName"]: AlarmState(alarm["StateValue"]) for alarm in _alarms(answer)}
        return states

    def sample(self, place: Place, colours: Colours, colour: str, *, seconds: float) -> Sample:
        """What a target group answered in the last `seconds`; nothing measured is nothing answered."""
        now = datetime.now(UTC)
        period = max(PERIOD_SECONDS, math.ceil(seconds / PERIOD_SECONDS) * PERIOD_SECONDS)
        dimensions = [
            {"Name": "LoadBalancer", "Value": place.balancer_dimension},
            {"Name": "TargetGroup", "Value": colours.dimension(colour)},
        ]
        with asking("read metrics"):
            answer = self.cloudwatch.get_metric_data(
                MetricDataQueries=[
                    {
                        "Id": key,
                        "MetricStat": {
                            "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
                            "Period": period,
                            "Stat": statistic,
                        },
                    }
                    for key, (metric, statistic) in _METRICS.items()
                ],
                StartTime=now - timedelta(seconds=max(1.0, seconds)),
                EndTime=now,
            )
        values = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
        return Sample(
            requests=round(sum(values.get("requests", ()))),
            errors=round(sum(values.get("errors", ()))),
            p95_seconds=max(values.get("p95", ()), default=None),
        )


def _alarms(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
