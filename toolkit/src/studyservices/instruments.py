"""How a process measures itself: for Prometheus always, and for CloudWatch where it runs in the cloud."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from studyruntime.config import Settings
from studyruntime.config.settings import Environment
from studyruntime.database import Database
from studyruntime.health import Check
from studyruntime.metrics import ALL_METRICS, EmfBuffer, EmfWriter, Kind, Metric, Metrics, Unit
from studyruntime.metrics.definitions import POOL_IN_USE, REPLICA_LAG

SOCKETS_OPEN = Metric("study_sockets_open", Kind.GAUGE, Unit.COUNT, "WebSockets of this process.")
QUEUE_LENGTH = Metric("study_queue_length", Kind.GAUGE, Unit.COUNT, "Tasks that no worker has taken.", ("queue",))
DEAD_LETTERS = Metric(
    "study_dead_letters", Kind.GAUGE, Unit.COUNT, "Tasks that failed for good and lie beside their queue.", ("queue",)
)
OUTBOX_WAITING = Metric("study_outbox_waiting", Kind.GAUGE, Unit.COUNT, "Events that are committed and not published.")
OUTBOX_OLDEST = Metric("study_outbox_oldest_seconds", Kind.GAUGE, Unit.SECONDS, "How long the oldest of them waits.")
CACHE_EVICTED = Metric("study_cache_evicted_keys_total", Kind.COUNTER, Unit.COUNT, "Keys that had to make room.")
VECTOR_SEARCH = Metric("study_vector_search_seconds", Kind.HISTOGRAM, Unit.SECONDS, "Until Qdrant answered a search.")
JOBS_DONE = Metric("study_jobs_done_total", Kind.COUNTER, Unit.COUNT, "What the scheduler's jobs did.", ("job",))

OF_SERVICES = (
    SOCKETS_OPEN,
    QUEUE_LENGTH,
    DEAD_LETTERS,
    OUTBOX_WAITING,
    OUTBOX_OLDEST,
    CACHE_EVICTED,
    VECTOR_SEARCH,
    JOBS_DONE,
)


@contextmanager
def measuring(settings: Settings) -> Iterator[Metrics]:
    """The metrics of a process while it runs. In the cloud they are written to the log as well."""
    metrics = (*ALL_METRICS, *OF_SERVICES)
    if settings.environment is not Environment.CLOUD:
        yield Metrics(metrics)
        return
    buffer = EmfBuffer({"service": settings.service.name, "environment": settings.deployment_environment})
    told = Metrics(metrics, emf=buffer)
    interval_seconds = settings.service.metrics_interval_seconds
    writer = EmfWriter(buffer, _say, interval_seconds=interval_seconds, refresh=told.refresh)
    writer.start()
    try:
        yield told
    finally:
        writer.close()


def _say(line: str) -> None:
    """At once: what waits in a buffer until it is full is no news any more."""
    sys.stdout.write(line)
    sys.stdout.flush()


def measured(database: Database, metrics: Metrics) -> Check:
    """The health check of a database, which reports what it sees of pool and replicas."""

    def check() -> None:
        health = database.health()
        metrics.set(POOL_IN_USE, health.connections_in_use)
        for replica in health.replicas:
            if replica.lag_seconds is not None:
                metrics.set(
                    REPLICA_LAG, replica.lag_seconds, replica=f"{replica.endpoint.host}:{replica.endpoint.port}"
                )

    return check
