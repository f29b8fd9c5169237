"""Queries for metrics: plain statistics and expressions over one another, brought into series of equal length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studyctl.adapters.emulator.ecs_agent.metric_math import Series, UnsupportedExpression, evaluate
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, MetricStore


@dataclass(frozen=True)
class Window:
    """`periods` stretches of `period_seconds`, the last of which ends at `end_seconds` of the wall clock."""

    end_seconds: float
    period_seconds: float
    periods: int

    @property
    def start_seconds(self) -> float:
        """Where the first period begins."""
        return self.end_seconds - self.periods * self.period_seconds


@dataclass(frozen=True)
class MetricQuery:
    """A metric with its statistic, or an expression over the ids of other queries."""

    id: str
    metric: MetricKey | None = None
    statistic: str = ""
    expression: str = ""
    is_returned: bool = True


def resolve(queries: Sequence[MetricQuery], store: MetricStore, window: Window) -> Mapping[str, Series]:
    """The series of every query, by id.

    Raises:
        UnsupportedExpression: an expression cannot be computed, or is part of a circle.
    """
    series = {query.id: _points(store, query, window) for query in queries if query.metric is not None}
    waiting = [query for query in queries if query.metric is None]
    while waiting:
        unknown = {query.id for query in waiting}
        ready = [query for query in waiting if not _names(query.expression) & unknown]
        if not ready:
            raise UnsupportedExpression(f"the expressions of {', '.join(sorted(unknown))} need one another")
        for query in ready:
            series[query.id] = evaluate(query.expression, series, length=window.periods)
        waiting = [query for query in waiting if query not in ready]
    return series


def returned(queries: Sequence[MetricQuery], store: MetricStore, window: Window) -> Series:
    """The series of the one query that is returned.

    Raises:
        UnsupportedExpression: as above, or none is returned.
    """
    series = resolve(queries, store, window)
    for query in queries:
        if query.is_returned:
            return series[query.id]
    raise UnsupportedExpression("no query returns data")


def _points(store: MetricStore, query: MetricQuery, window: Window) -> Series:
    assert query.metric is not None  # noqa: S101  the caller asks for metrics only
    samples = store.samples(
        query.metric,
        start_seconds=window.start_seconds,
        end_seconds=window.end_seconds,
        period_seconds=window.period_seconds,
    )
    return tuple(sample.statistic(query.statistic) for sample in samples)


def _names(expression: str) -> frozenset[str]:
    separated = "".join(each if each.isalnum() or each == "_" else " " for each in expression)
    return frozenset(separated.split())
