"""Alarms and metrics of one account and region."""

from __future__ import annotations

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
MINUTE_SECONDS = 60
NAMESPACE = "AWS/ApplicationELB"
RESULTS = "MetricDataResults"
_METRICS = {
    "requests": ("RequestCount", "Sum"),
    "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
    "p95": ("TargetResponseTime", "p95"),
}


@dataclass(frozen=True)
class CloudWatch:
    """Asks CloudWatch. `period_seconds` is how finely the balancer's metrics are kept: a minute on AWS."""

    cloudwatch: Any
    period_seconds: int = MINUTE_SECONDS

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
        dimensions = [
            {"Name": "LoadBalancer", "Value": place.balancer_dimension},
            {"Name": "TargetGroup", "Value": colours.dimension(colour)},
        ]
        with asking("read metrics"):
            answer = self.cloudwatch.get_metric_data(
                MetricDataQueries=[self._query(key, dimensions) for key in _METRICS],
                StartTime=now - timedelta(seconds=max(self.period_seconds, seconds)),
                EndTime=now,
            )
        series = {each["Id"]: dict(zip(each["Timestamps"], each["Values"], strict=True)) for each in answer[RESULTS]}
        requests = series.get("requests", {})
        return Sample(
            requests=round(sum(requests.values())),
            errors=round(sum(series.get("errors", {}).values())),
            p95_seconds=_weighted(series.get("p95", {}), requests),
        )

    def _query(self, key: str, dimensions: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        name, statistic = _METRICS[key]
        metric = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions}
        return {"Id": key, "MetricStat": {"Metric": metric, "Period": self.period_seconds, "Stat": statistic}}


def _weighted(values: Mapping[datetime, float], weights: Mapping[datetime, float]) -> float | None:
    """The percentile of the whole, guessed from those of its periods, each as heavy as its requests."""
    total = sum(weights.get(at, 0.0) for at in values)
    return sum(value * weights.get(at, 0.0) for at, value in values.items()) / total if total else None


def _alarms(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
