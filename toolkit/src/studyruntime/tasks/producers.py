"""Connections that put messages into queues, kept for the next message.

Celery keeps such pools for each address of the process; they cannot be emptied without breaking other users of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.pools import ProducerPool

LIMIT = 10
LONGEST_WAIT_SECONDS = 10.0


class Producers:
    """At most `LIMIT` at once. Safe for threads."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._pool: ProducerPool | None = None

    @contextmanager
    def acquire(self) -> Iterator[Any]:
        """A producer for one message."""
        with self._lock:
            if self._pool is None:
                self._pool = ProducerPool(self._app.connection_for_write().Pool(LIMIT), limit=LIMIT)
            pool = self._pool
        producer = pool.acquire(block=True, timeout=LONGEST_WAIT_SECONDS)
        try:
            yield producer
        finally:
            producer.release()

    def close(self) -> None:
        """Close every connection. The next message opens new ones, which declare their queues again."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.force_close_all()
            pool.connections.force_close_all()
