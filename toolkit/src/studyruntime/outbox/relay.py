"""Moves events from the outbox to the target, again and again. Several relays may run at once; any may be killed."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from studyruntime.config import OutboxSettings
from studyruntime.database import Connection, Database
from studyruntime.logs import get_logger
from studyruntime.outbox.lifecycle import Outcome, Result, RetryPolicy, Status, settle
from studyruntime.outbox.store import OutboxRow, OutboxStore
from studyruntime.outbox.targets import OutboxTarget

_log = get_logger(__name__)

LONGEST_PAUSE_SECONDS = 30.0
PURGE_INTERVAL_SECONDS = 60.0
RETENTION_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round did."""

    claimed: int = 0
    published: int = 0
    refused: int = 0
    dead: int = 0
    unreached: int = 0


Observer = Callable[[Batch, float], None]
"""Hears of every round that did something, and the age in seconds of its oldest event when it was settled."""


class OutboxRelay:
    """Publishes what transactions committed.

    Delivery: at least once. A relay that is killed leaves its batch to others after the lease; what it had published
    by then is published again, so consumers drop an event id that they have handled.

    Order: an event is published after every earlier one of its subject that is COMPLETED, and never beside one that
    waits, however many relays run. Three things break it: a relay that stands still for longer than the lease and goes
    on then; an event that the target refuses, whose followers in the same batch are already published; and an event
    that is dead, which stops holding back its followers.
    """

    def __init__(
        self,
        settings: OutboxSettings,
        database: Database,
        target: OutboxTarget,
        *,
        retention_seconds: float = RETENTION_SECONDS,
        observe: Observer = lambda _batch, _age: None,
    ) -> None:
        self._settings = settings
        self._policy = RetryPolicy(settings.max_retries, settings.retry_delay_seconds)
        self._database = database
        self._target = target
        self._retention_seconds = retention_seconds
        self._observe = observe
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._next_purge = 0.0

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; then finish the batch at hand and return, within about a second.

        A database that is away is waited for, with growing pauses.
        """
        pause_seconds = self._settings.retry_delay_seconds
        while not stop.is_set():
            try:
                with self._database.raw_connection() as connection:
                    _log.info("outbox relay began", relay=self._name)
                    pause_seconds = self._settings.retry_delay_seconds
                    self._run_on(connection, stop)
            except psycopg.OperationalError as error:
                _log.warning("outbox relay lost the database", problem=str(error).strip(), pause_seconds=pause_seconds)
                stop.wait(pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    def drain(self) -> Batch:
        """Publish everything that is due now, and return what that was."""
        total = Batch()
        with self._database.raw_connection() as connection:
            store = OutboxStore(connection, self._name)
            store.prepare()
            while (batch := self.run_round(store)).claimed and not batch.unreached:
                total = Batch(*(getattr(total, name) + getattr(batch, name) for name in Batch.__slots__))
        return total

    def run_round(self, store: OutboxStore) -> Batch:
        """Claim one batch, publish it and write back what became of it."""
        rows = store.claim(self._settings.batch_size, self._settings.lease_seconds)
        if not rows:
            return Batch()
        batch = self._settle(store, rows, self._target.publish(rows))
        self._observe(batch, time.time() - rows[0].created_at.timestamp())
        return batch

    def _run_on(self, connection: Connection, stop: threading.Event) -> None:
        store = OutboxStore(connection, self._name)
        store.prepare()
        pause_seconds = self._settings.retry_delay_seconds
        while not stop.is_set():
            batch = self.run_round(store)
            if batch.unreached:
                stop.wait(pause_seconds)
                pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
                continue
            pause_seconds = self._settings.retry_delay_seconds
            if not batch.claimed:
                self._tidy(store)
                store.wait(self._settings.interval_seconds)

    def _settle(self, store: OutboxStore, rows: Sequence[OutboxRow], outcomes: Sequence[Outcome]) -> Batch:
        told = list(zip(rows, outcomes, strict=True))
        published = [row.id for row, outcome in told if outcome.result is Result.PUBLISHED]
        others = [
            (row.id, settle(row.attempts, outcome, self._policy))
            for row, outcome in told
            if outcome.result is not Result.PUBLISHED
        ]
        if published:
            store.complete(published)
        if others:
            store.settle(others)
            self._report(told)
        dead = sum(1 for _, settlement in others if settlement.status is Status.DEAD)
        unreached = sum(1 for _, outcome in told if outcome.result is Result.UNREACHED)
        return Batch(len(rows), len(published), len(others) - unreached, dead, unreached)

    def _report(self, told: Sequence[tuple[OutboxRow, Outcome]]) -> None:
        for row, outcome in told:
            if outcome.result is Result.REFUSED:
                settlement = settle(row.attempts, outcome, self._policy)
                _log.error(
                    "event refused",
                    event_id=row.event_id,
                    event_type=row.event_type,
                    channel=row.channel,
                    attempts=settlement.attempts,
                    status=settlement.status.value,
                    problem=outcome.detail,
                )
        unreached = [outcome.detail for _, outcome in told if outcome.result is Result.UNREACHED]
        if unreached:
            _log.warning("target does not answer", events=len(unreached), problem=unreached[0])

    def _tidy(self, store: OutboxStore) -> None:
        if time.monotonic() < self._next_purge:
            return
        store.purge(self._retention_seconds)
        self._next_purge = time.monotonic() + PURGE_INTERVAL_SECONDS
