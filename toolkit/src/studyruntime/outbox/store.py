"""The relay's side of the table: claim a batch, write back what became of it, tidy up. One statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from studyruntime.database import Connection
from studyruntime.outbox.lifecycle import Settlement
from studyruntime.outbox.schema import NOTIFY_CHANNEL

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, open_subject FROM outbox_events AS row
    WHERE is_open AND available_at <= now() AND (
        SELECT id FROM outbox_events AS earlier
        WHERE earlier.open_subject = row.open_subject AND earlier.id < row.id AND earlier.available_at > now() LIMIT 1
    ) IS NULL
    ORDER BY id LIMIT %(count)s FOR UPDATE SKIP LOCKED
), free AS (
    SELECT id FROM due WHERE (
        SELECT id FROM outbox_events AS earlier
        WHERE earlier.open_subject = due.open_subject AND earlier.id < due.id
          AND earlier.id <> ALL (ARRAY(SELECT id FROM due)) LIMIT 1
    ) IS NULL
)
UPDATE outbox_events AS row
SET status = 'processing', claimed_by = %(relay)s, available_at = now() + make_interval(secs => %(lease)s)
FROM free WHERE row.id = free.id
RETURNING row.id, row.event_id, row.event_type, row.channel, row.subject, row.payload, row.attempts, row.created_at
"""
"""`due` passes over subjects that wait for an earlier event, and over rows that other relays hold at this moment.
`free` leaves out what would overtake one of those: an event with an earlier one of its subject outside of this batch.

The questions are scalar ones, because those are answered from the index whatever the planner believes about the table;
as joins they read all that waits, when the statistics are from a time when nothing did."""

COMPLETE = """
UPDATE outbox_events
SET status = 'completed', is_open = false, open_subject = NULL, published_at = now(), claimed_by = NULL,
    last_error = NULL
WHERE id = ANY(%(ids)s) AND claimed_by = %(relay)s AND status = 'processing'
"""
SETTLE = """
UPDATE outbox_events AS row
SET status = told.status, attempts = told.attempts, last_error = told.error, claimed_by = NULL,
    is_open = told.status <> 'dead', open_subject = CASE WHEN told.status <> 'dead' THEN row.open_subject END,
    available_at = now() + make_interval(secs => told.wait)
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(attempts)s::integer[], %(waits)s::float8[], %(errors)s::text[])
    AS told (id, status, attempts, wait, error)
WHERE row.id = told.id AND row.claimed_by = %(relay)s AND row.status = 'processing'
"""
PURGE = """
WITH oldest AS (
    SELECT id, published_at FROM outbox_events WHERE published_at IS NOT NULL ORDER BY id LIMIT %(count)s
)
DELETE FROM outbox_events AS row USING oldest
WHERE row.id = oldest.id AND oldest.published_at < now() - make_interval(secs => %(age)s)
"""
"""Only the oldest rows are looked at, so a purge costs the same however many are too young."""
REQUEUE = """
UPDATE outbox_events SET status = 'pending', attempts = 0, available_at = now(), last_error = NULL, is_open = true,
    open_subject = subject
WHERE id = ANY(%(ids)s) AND NOT is_open AND published_at IS NULL
"""
DEAD = """
SELECT id, event_id, event_type, channel, subject, attempts, last_error FROM outbox_events
WHERE NOT is_open AND published_at IS NULL ORDER BY id LIMIT %(count)s
"""
WAITING = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox_events
WHERE is_open
"""


PLANS_NEVER_WANTED = (
    *("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_sort"),
    *("enable_incremental_sort", "jit"),
)
"""Statistics of a table that fills and empties mislead the planner, and its other plans read the whole backlog for
every batch. Walking the indexes in order costs the same however much waits."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event to publish."""

    id: int
    event_id: str
    event_type: str
    channel: str
    subject: str | None
    payload: bytes
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """An event that the target refused too often."""

    id: int
    event_id: str
    event_type: str
    channel: str
    subject: str | None
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits."""

    count: int
    oldest_age_seconds: float


class OutboxStore:
    """The table through one connection, which must commit each statement by itself. For one thread.

    Raises psycopg.Error when the connection is lost; then nobody knows whether the last statement was done, and every
    one of them may be repeated.
    """

    def __init__(self, connection: Connection, relay: str) -> None:
        self._connection = connection
        self._relay = relay

    def prepare(self) -> None:
        """Hear commits of new events from now on, and settle how the statements are planned."""
        for name in PLANS_NEVER_WANTED:
            self._connection.execute(f"SET {name} = off".encode())
        # A commit of ours that is lost in a crash of the server publishes its batch twice, no more.
        self._connection.execute("SET synchronous_commit = off")
        self._connection.execute(f"LISTEN {NOTIFY_CHANNEL}".encode())

    def wait(self, seconds: float) -> bool:
        """Wait for a commit of new events; whether one came. What came in the meantime counts as one."""
        heard = sum(1 for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        heard += sum(1 for _ in self._connection.notifies(timeout=0))
        return heard > 0

    def claim(self, count: int, lease_seconds: float) -> list[OutboxRow]:
        """The oldest rows that are due and that nobody else holds, in the order to publish them."""
        parameters = {"count": count, "relay": self._relay, "lease": lease_seconds}
        found = self._connection.execute(CLAIM.encode(), parameters, binary=True).fetchall()
        return sorted((OutboxRow(*row) for row in found), key=lambda row: row.id)

    def complete(self, ids: Sequence[int]) -> int:
        """These are published. Rows whose lease ran out, and that another relay took, are left to it."""
        return self._connection.execute(COMPLETE.encode(), {"ids": list(ids), "relay": self._relay}).rowcount

    def settle(self, settlements: Iterable[tuple[int, Settlement]]) -> None:
        """Write back what became of these, unless another relay took them in the meantime."""
        told = list(settlements)
        parameters = {
            "relay": self._relay,
            "ids": [id for id, _ in told],
            "statuses": [settlement.status.value for _, settlement in told],
            "attempts": [settlement.attempts for _, settlement in told],
            "waits": [settlement.wait_seconds for _, settlement in told],
            "errors": [settlement.error for _, settlement in told],
        }
        self._connection.execute(SETTLE.encode(), parameters)

    def purge(self, older_than_seconds: float, count: int = 5000) -> int:
        """Delete completed rows of that age, at most `count`; how many."""
        return self._connection.execute(PURGE.encode(), {"age": older_than_seconds, "count": count}).rowcount

    def dead(self, count: int = 100) -> list[DeadEvent]:
        """The dead letters, oldest first."""
        rows = self._connection.execute(DEAD.encode(), {"count": count}).fetchall()
        return [DeadEvent(*row) for row in rows]

    def requeue(self, ids: Sequence[int]) -> int:
        """Dead letters to be tried again from the start; how many were dead."""
        return self._connection.execute(REQUEUE.encode(), {"ids": list(ids)}).rowcount

    def backlog(self) -> Backlog:
        """How much waits, and for how long."""
        row = self._connection.execute(WAITING.encode()).fetchone()
        count, age = row or (0, 0.0)
        return Backlog(count, age)
