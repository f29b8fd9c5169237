"""What an alert is: what is measured, when it is too much, for how long, and who is told. Rows of monitoring/*.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

WINDOW = "$window"
"""Stands in an expression for the alert's whole window, so that the number is written once."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]
Severity = Literal["critical", "warning"]
Limit = float | Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
"""A number, or the name of what the watched thing says of itself: `min_tasks` of a service."""
Thing = Literal[
    "balancer",
    "bill",
    "bucket",
    "cache_node",
    "cache_reader",
    "certificate",
    "database",
    "dead_letter_queue",
    "log",
    "outbox",
    "queue",
    "replica",
    "service",
    "target_group",
    "vector_node",
    "vector_search",
]
"""What infra/platform/watched.tf knows the dimensions of."""

_METRIC = re.compile(r"\b(study_[a-z_]+|up)\b(?=\s*[{\[)\s]|$)")


class Row(BaseModel):
    """A row of a file: nothing may be misspelt, nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Row):
    """How long something must be so. CloudWatch looks at `periods` periods, Prometheus at their sum."""

    period_seconds: Annotated[int, Field(ge=60, multiple_of=60)]
    periods: Annotated[int, Field(ge=1, le=60)]

    @property
    def seconds(self) -> int:
        """All periods together."""
        return self.period_seconds * self.periods


class CloudWatchMetric(Row):
    """A metric; its dimensions are those of the watched thing, and its own where one metric has several series."""

    namespace: Text
    name: Text
    statistic: Annotated[
        str, StringConstraints(pattern=r"^(SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d+)?)$")
    ]
    dimensions: Mapping[str, Text] = {}


class CloudWatch(Row):
    """What CloudWatch computes, once for `each` thing of a kind: one metric, or a formula over several."""

    each: Thing
    metric: CloudWatchMetric | None = None
    formula: Text | None = None
    metrics: Mapping[str, CloudWatchMetric] = {}

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.metric is None) == (self.formula is None) or bool(self.metrics) != (self.formula is not None):
            raise ValueError("cloudwatch has either metric, or formula and metrics")
        return self


class Prometheus(Row):
    """What Prometheus computes; a limit or window of its own where its metric is another one."""

    value: Text
    above: float | None = None
    below: float | None = None
    window_seconds: Annotated[int, Field(ge=60)] | None = None

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that the expression names."""
        return metrics_in(self.value)


class Alert(Row):
    """One row of monitoring/alerts.yaml."""

    name: Name
    summary: Text
    severity: Severity
    level: Literal["basic", "full"]
    above: Limit | None = None
    below: Limit | None = None
    unit: Text
    window: Window
    missing: Literal["missing", "breaching", "not_breaching"]
    eclipsed_by: Name | None = None
    cloudwatch: CloudWatch | None = None
    prometheus: Prometheus | None = None

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("an alert has a limit: either above or below")
        if self.cloudwatch is None and self.prometheus is None:
            raise ValueError("an alert has cloudwatch, prometheus or both: nothing else would see it")
        if self.prometheus is not None and not isinstance(self.limit, float):
            raise ValueError(f"prometheus needs a number of its own: {self.limit} is known to AWS only")
        return self

    @property
    def limit(self) -> Limit:
        """What Prometheus compares with, and CloudWatch where Prometheus has none of its own."""
        own = self.prometheus
        found = [own.above, own.below] if own is not None else []
        return next(each for each in (*found, self.above, self.below) if each is not None)

    @property
    def comparison(self) -> Literal[">", "<"]:
        """Which side of the limit is too much."""
        return ">" if self.above is not None else "<"

    @property
    def prometheus_seconds(self) -> int:
        """How long Prometheus looks back, or waits."""
        own = self.prometheus.window_seconds if self.prometheus is not None else None
        return own or self.window.seconds


class Composite(Row):
    """One row of monitoring/composites.yaml: alarms that are told as one."""

    name: Name
    summary: Text
    severity: Severity
    any_of: Annotated[tuple[Name, ...], Field(min_length=1)]


class Notice(Row):
    """One row of monitoring/notices.yaml: what a service of AWS tells by itself."""

    name: Name
    told_by: Literal["budgets", "cost_anomalies", "rds"]
    summary: Text


def metrics_in(expression: str) -> frozenset[str]:
    """The metrics that a PromQL expression names: those of the platform, and `up`."""
    return frozenset(_METRIC.findall(expression))
