"""What no process has for itself: how much waits in queues and outbox, and how the cache does. One role reports it.

In the cloud AWS measures queues and cache, and the relay measures its outbox.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from studyruntime.broker.connection import RedisConnection
from studyruntime.database import Database
from studyruntime.errors import RuntimeFailure
from studyruntime.metrics import Metrics
from studyruntime.tasks import CeleryTaskQueue
from studyservices.instruments import (
    CACHE_EVICTED,
    DEAD_LETTERS,
    QUEUE_LENGTH,
)
from studyservices.outbox_backlog import measure_outbox


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
        for look in (self._look_at_queues, self._look_at_cache):
            with suppress(RuntimeFailure):
                look()
        measure_outbox(self._database, self._metrics)

    def _look_at_queues(self) -> None:
        for queue in self._tasks.queues:
            self._metrics.set(QUEUE_LENGTH, self._tasks.length(queue), queue=queue)
            self._metrics.set(DEAD_LETTERS, self._tasks.dead_letter_count(queue), queue=queue)

    def _look_at_cache(self) -> None:
        statistics = cast("dict[str, Any]", self._cache.run(lambda client: client.info("stats")))
        evicted, before = int(statistics["evicted_keys"]), self._evicted
        self._evicted = evicted
        if before is not None:  # what was before this process is nobody's news; a new server begins at nothing
            self._metrics.count(CACHE_EVICTED, evicted - before if evicted >= before else evicted)
