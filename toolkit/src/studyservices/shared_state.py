"""What no process has for itself: how much waits in queues and outbox, and how the cache does. One role reports it.

In the cloud AWS measures queues and cache; the outbox is measured by its relay.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

import psycopg

from studyruntime.broker.connection import RedisConnection
from studyruntime.database import Database
from studyruntime.errors import RuntimeFailure
from studyruntime.metrics import Metrics
from studyruntime.outbox.store import OutboxStore
from studyruntime.tasks import CeleryTaskQueue
from studyservices.instruments import (
    CACHE_EVICTED,
    DEAD_LETTERS,
    OUTBOX_OLDEST,
    OUTBOX_WAITING,
    QUEUE_LENGTH,
)


class SharedState:
    """Asked by whoever reads the metrics. What does not answer keeps its last value; its health check tells of it."""

    def __init__(self, database: Database, tasks: CeleryTaskQueue, cache: RedisConnection, metrics: Metrics) -> None:
        self._database = database
        self._tasks = tasks
        self._cache = cache
        self._metrics = metrics
        self._evicted: int | None = None

    def measure(self) -> None:
        """Report what is so now."""
        for look in (self._look_at_queues, self._look_at_outbox, self._look_at_cache):
            with suppress(RuntimeFailure, psycopg.OperationalError):
                look()

    def _look_at_queues(self) -> None:
        for queue in self._tasks.queues:
            self._metrics.set(QUEUE_LENGTH, self._tasks.length(queue), queue=queue)
            self._metrics.set(DEAD_LETTERS, self._tasks.dead_letter_count(queue), queue=queue)

    def _look_at_outbox(self) -> None:
        with self._database.raw_connection() as connection:
            backlog = OutboxStore(connection, relay="").backlog()
        self._metrics.set(OUTBOX_WAITING, backlog.count)
        self._metrics.set(OUTBOX_OLDEST, backlog.oldest_age_seconds)

    def _look_at_cache(self) -> None:
        statistics = cast("dict[str, Any]", self._cache.run(lambda client: client.info("stats")))
        evicted, before = int(statistics["evicted_keys"]), self._evicted
        self._evicted = evicted
        if before is not None:  # what was before this process is nobody's news; a new server begins at nothing
            self._metrics.count(CACHE_EVICTED, evicted - before if evicted >= before else evicted)
