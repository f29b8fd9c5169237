"""How much waits in the outbox, and for how long: a relay that publishes nothing tells nothing else of it."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from studyruntime.database import Database
from studyruntime.metrics import Metrics
from studyruntime.outbox.store import OutboxStore
from studyservices.instruments import OUTBOX_OLDEST, OUTBOX_WAITING


def measure_outbox(database: Database, metrics: Metrics) -> None:
    """Report what waits now. While the database does not answer nothing is reported; its own alarm tells of that."""
    with suppress(psycopg.OperationalError), database.raw_connection() as connection:
        backlog = OutboxStore(connection, relay="").backlog()
        metrics.set(OUTBOX_WAITING, backlog.count)
        metrics.set(OUTBOX_OLDEST, backlog.oldest_age_seconds)
