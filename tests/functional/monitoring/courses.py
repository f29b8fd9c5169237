"""What is reported while an alert must be silent, only just, and while it must ring, only just.

Both follow from the alert's own row, so a limit is not written twice. Names and labels are those of the code that
reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from studyctl.domain.monitoring.alerts import Alert
from studyctl.domain.monitoring.objectives import BurnAlert, Objective
from studyctl.domain.monitoring.prometheus import JOB
from studyruntime.metrics import Kind, Metric
from studyruntime.metrics.definitions import CACHE_REQUESTS, DEPENDENCY_UP, HTTP_REQUESTS, HTTP_SECONDS, REPLICA_LAG
from studyruntime.metrics.metrics import SECONDS_BUCKETS
from studyservices.instruments import CACHE_EVICTED, DEAD_LETTERS, OUTBOX_OLDEST, QUEUE_LENGTH, VECTOR_SEARCH

A_LOT = 1000.0
"""Requests from one sample to the next: above every floor below which a share says nothing."""
INSIDE, BEYOND = 0.9, 1.1


@dataclass(frozen=True)
class Phases:
    """How many samples each of the three phases has: calm, trouble, calm again."""

    calm: int
    trouble: int
    calm_again: int


@dataclass(frozen=True)
class Series:
    """One series. For a counter `calm` and `trouble` are what each sample adds."""

    name: str
    labels: Mapping[str, str]
    calm: float
    trouble: float
    accumulates: bool = False

    def document(self, phases: Phases) -> dict[str, str]:
        """As promtool reads it."""
        steps = [self.calm] * phases.calm + [self.trouble] * phases.trouble + [self.calm] * phases.calm_again
        values = accumulate(steps) if self.accumulates else steps
        return {"series": selector(self.name, self.labels), "values": " ".join(f"{value:.10g}" for value in values)}


@dataclass(frozen=True)
class Course:
    """What is reported, and the labels by which the alert names who is meant."""

    series: tuple[Series, ...]
    about: Mapping[str, str]


def selector(name: str, labels: Mapping[str, str]) -> str:
    """A series in PromQL's words."""
    matchers = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{name}{{{matchers}}}"


def course_of(alert: Alert) -> Course:
    """The course of one row of monitoring/alerts.yaml."""
    limit = alert.limit
    assert isinstance(limit, float), f"{alert.name} is no alert of Prometheus"
    return _COURSES[alert.name](limit)


def burn_course(objective: Objective, burn: BurnAlert) -> Course:
    """The course of an error budget."""
    share = burn.limit(objective)
    if burn.promise == "latency":
        return _late(share, objective.p95_seconds, objective.service)
    return _failing(share, objective.service)


def _gauge(metric: Metric, calm: float, trouble: float, *, service: str, **labels: str) -> Series:
    assert metric.kind is Kind.GAUGE
    return Series(metric.name, _labels(metric, service, labels), calm, trouble)


def _counter(metric: Metric, calm: float, trouble: float, *, service: str, **labels: str) -> Series:
    assert metric.kind is Kind.COUNTER
    return Series(metric.name, _labels(metric, service, labels), calm, trouble, accumulates=True)


def _histogram(metric: Metric, calm: float, trouble: float, *, service: str, **labels: str) -> Iterator[Series]:
    """All values are `calm`, then all are `trouble`."""
    assert metric.kind is Kind.HISTOGRAM
    for bound in (*SECONDS_BUCKETS, float("inf")):
        text = "+Inf" if bound == float("inf") else repr(bound)
        calm_within, trouble_within = (A_LOT if value <= bound else 0.0 for value in (calm, trouble))
        bucket = {**_labels(metric, service, labels), "le": text}
        yield Series(f"{metric.name}_bucket", bucket, calm_within, trouble_within, accumulates=True)


def _labels(metric: Metric, service: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Those of the code, and those that Prometheus gives to what it reads."""
    assert set(labels) == set(metric.labels), f"{metric.name} has the labels {metric.labels}"
    return {**labels, "service": service, "job": JOB}


def _failing(share: float, service: str) -> Course:
    calm, trouble = share * INSIDE * A_LOT, share * BEYOND * A_LOT
    return Course(
        (
            _counter(HTTP_REQUESTS, calm, trouble, service=service, method="GET", route="/a", status="503"),
            _counter(
                HTTP_REQUESTS, A_LOT - calm, A_LOT - trouble, service=service, method="GET", route="/b", status="200"
            ),
        ),
        {"service": service},
    )


def _late(share: float, seconds: float, service: str) -> Course:
    """So many requests take longer than this, and all others less."""
    assert seconds in SECONDS_BUCKETS, f"buckets tell nothing of {seconds} seconds"
    labels = _labels(HTTP_SECONDS, service, {"method": "GET", "route": "/a"})
    calm, trouble = (A_LOT * (1 - share * factor) for factor in (INSIDE, BEYOND))
    return Course(
        (
            Series(f"{HTTP_SECONDS.name}_bucket", {**labels, "le": repr(seconds)}, calm, trouble, accumulates=True),
            Series(f"{HTTP_SECONDS.name}_count", labels, A_LOT, A_LOT, accumulates=True),
        ),
        {"service": service},
    )


def _slow(metric: Metric, seconds: float, **labels: str) -> Course:
    """At the limit, then one bucket beyond: where the limit is no bound of a bucket, nobody could tell these apart."""
    assert seconds in SECONDS_BUCKETS, f"buckets tell nothing of {seconds} seconds"
    next_bound = next(bound for bound in SECONDS_BUCKETS if bound > seconds)
    return Course(tuple(_histogram(metric, seconds, next_bound, service="api", **labels)), {"service": "api"})


def _level(metric: Metric, limit: float, about: tuple[str, ...] = (), **labels: str) -> Course:
    """Exactly at the limit, which is not above it, and then above."""
    series = _gauge(metric, limit, limit * BEYOND if limit else 1.0, service="scheduler", **labels)
    return Course((series,), {name: series.labels[name] for name in about})


def _down(dependency: str) -> Callable[[float], Course]:
    def course(_limit: float) -> Course:
        return Course((_gauge(DEPENDENCY_UP, 1.0, 0.0, service="api", dependency=dependency),), {})

    return course


def _missed(percent: float) -> Course:
    hits = [A_LOT * percent / 100 * factor for factor in (BEYOND, INSIDE)]
    misses = [A_LOT - each for each in hits]
    return Course(
        (
            _counter(CACHE_REQUESTS, *hits, service="api", level="shared", result="hit"),
            _counter(CACHE_REQUESTS, *misses, service="api", level="shared", result="miss"),
        ),
        {"service": "api"},
    )


_COURSES: Mapping[str, Callable[[float], Course]] = {
    "balancer-errors": lambda percent: _failing(percent / 100, "api"),
    "balancer-errors-rising": lambda percent: _failing(percent / 100, "api"),
    "balancer-slow": lambda seconds: _slow(HTTP_SECONDS, seconds, method="GET", route="/a"),
    "balancer-latency": lambda seconds: _slow(HTTP_SECONDS, seconds, method="GET", route="/a"),
    "tasks": lambda least: Course(
        (Series("up", {"job": JOB, "service": "quiz", "instance": "here:1"}, least, least - 1),), {"service": "quiz"}
    ),
    "database-down": _down("database"),
    "replica-lag": lambda seconds: _level(REPLICA_LAG, seconds, ("replica",), replica="here:1"),
    "dead-letters": lambda count: _level(DEAD_LETTERS, count, ("queue",), queue="quiz"),
    "backlog": lambda count: _level(QUEUE_LENGTH, count, ("queue",), queue="quiz"),
    "outbox-backlog": lambda seconds: _level(OUTBOX_OLDEST, seconds),
    "cache-evictions": lambda _: Course((_counter(CACHE_EVICTED, 0.0, 1.0, service="scheduler"),), {}),
    "cache-hit-rate": _missed,
    "vector-not-ready": _down("qdrant"),
    "vector-latency": lambda seconds: _slow(VECTOR_SEARCH, seconds),
}
