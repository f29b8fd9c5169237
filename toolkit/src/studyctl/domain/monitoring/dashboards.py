"""What is looked at: dashboards, each a row of panels. Rows of monitoring/dashboards.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from studyctl.domain.monitoring.alerts import CloudWatchMetric, Name, Row, Text, Thing, metrics_in

SeriesName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""CloudWatch's ids of metrics."""


class CloudWatchPanel(Row):
    """Metrics of `each` thing of a kind; `is_rate`: by the second instead of by the period."""

    each: Thing
    metrics: Annotated[Mapping[SeriesName, CloudWatchMetric], Field(min_length=1)]
    period_seconds: Annotated[int, Field(ge=60, multiple_of=60)] = 60
    is_rate: bool = False


class Panel(Row):
    """One picture: what alerts measure, what rings, or something of its own."""

    title: Text
    alerts: tuple[Name, ...] = ()
    shows_what_rings: bool = False
    unit: Text | None = None
    objective: Literal["p95_seconds"] | None = None
    cloudwatch: CloudWatchPanel | None = None
    prometheus: Mapping[Text, Text] = {}
    """Expressions by their names in the legend, which may have labels in them: `{{service}}`."""

    @model_validator(mode="after")
    def _draws_one_thing(self) -> Self:
        is_own = self.cloudwatch is not None or bool(self.prometheus)
        if [bool(self.alerts), self.shows_what_rings, is_own].count(True) != 1:
            raise ValueError("a panel has alerts, or shows_what_rings, or cloudwatch or prometheus or both")
        if is_own != (self.unit is not None):
            raise ValueError("unit stands beside cloudwatch and prometheus, and nowhere else: an alert has its own")
        return self

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics of Prometheus that its own expressions name."""
        return frozenset[str]().union(*map(metrics_in, self.prometheus.values()))


class Dashboard(Row):
    """One row of monitoring/dashboards.yaml."""

    name: Name
    title: Text
    summary: Text
    level: Literal["basic", "full"]
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]
