"""Every metric of the runtime: its name, kind, unit and labels. Dashboards and alarms are written against these."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a metric does over time."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Unit(StrEnum):
    """CloudWatch's names of units."""

    COUNT = "Count"
    SECONDS = "Seconds"
    BYTES = "Bytes"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Labels must take few values: never an id, a path or a message."""

    name: str
    kind: Kind
    unit: Unit
    description: str
    labels: tuple[str, ...] = ()


HTTP_REQUESTS = Metric(
    "study_http_requests_total", Kind.COUNTER, Unit.COUNT, "Requests answered.", ("method", "route", "status")
)
HTTP_SECONDS = Metric(
    "study_http_request_seconds", Kind.HISTOGRAM, Unit.SECONDS, "Time until the answer began.", ("method", "route")
)
RATE_LIMITED = Metric(
    "study_rate_limited_total", Kind.COUNTER, Unit.COUNT, "Requests refused for being too many.", ("scope",)
)
EVENTS_HANDLED = Metric(
    "study_events_handled_total", Kind.COUNTER, Unit.COUNT, "Events that left a handler.", ("event_type", "verdict")
)
OUTBOX_PUBLISHED = Metric("study_outbox_published_total", Kind.COUNTER, Unit.COUNT, "Events the relay published.")
OUTBOX_REFUSED = Metric("study_outbox_refused_total", Kind.COUNTER, Unit.COUNT, "Events the target refused, each try.")
OUTBOX_DEAD = Metric("study_outbox_dead_total", Kind.COUNTER, Unit.COUNT, "Events that became dead letters.")
OUTBOX_AGE = Metric(
    "study_outbox_age_seconds", Kind.HISTOGRAM, Unit.SECONDS, "From the commit to the publication, oldest of a batch."
)
CACHE_REQUESTS = Metric(
    "study_cache_requests_total", Kind.COUNTER, Unit.COUNT, "Reads of the cache.", ("level", "result")
)
BREAKER_OPEN = Metric("study_breaker_open", Kind.GAUGE, Unit.COUNT, "1 while calls are held back.", ("dependency",))
DEPENDENCY_UP = Metric(
    "study_dependency_up", Kind.GAUGE, Unit.COUNT, "1 while a dependency answers its health check.", ("dependency",)
)
REPLICA_LAG = Metric(
    "study_replica_lag_seconds", Kind.GAUGE, Unit.SECONDS, "How far a replica is behind.", ("replica",)
)
POOL_IN_USE = Metric("study_database_connections_in_use", Kind.GAUGE, Unit.COUNT, "Connections of the pool in use.")

ALL_METRICS = (
    HTTP_REQUESTS,
    HTTP_SECONDS,
    RATE_LIMITED,
    EVENTS_HANDLED,
    OUTBOX_PUBLISHED,
    OUTBOX_REFUSED,
    OUTBOX_DEAD,
    OUTBOX_AGE,
    CACHE_REQUESTS,
    BREAKER_OPEN,
    DEPENDENCY_UP,
    REPLICA_LAG,
    POOL_IN_USE,
)
