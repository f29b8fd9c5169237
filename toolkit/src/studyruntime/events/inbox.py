"""Handled events in the database, noted in the transaction of what the handler does: done once, or not at all."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, Table, Text, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from studyruntime.events.event import Event

metadata = MetaData()
handled_events = Table(
    "handled_events",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

CREATE_INBOX = (
    """
    CREATE TABLE handled_events (
        consumer_group text NOT NULL,
        event_id text NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, event_id)
    )
    """,
    "CREATE INDEX handled_events_age ON handled_events (handled_at)",
)
"""For the migration that brings the table. Never edited."""

DROP_INBOX = ("DROP TABLE handled_events",)


class Inbox:
    """What a group of consumers has handled."""

    def __init__(self, group: str) -> None:
        self._group = group

    def accept(self, session: Session, event: Event) -> bool:
        """Note that this transaction handles the event; False if another one did, or is about to and came first.

        Waits for a transaction that is handling the same event at this moment.
        """
        noted = session.execute(
            insert(handled_events)
            .values(consumer_group=self._group, event_id=event.event_id)
            .on_conflict_do_nothing()
            .returning(handled_events.c.event_id)
        )
        return noted.first() is not None

    def forget(self, session: Session, older_than_seconds: float) -> int:
        """Delete notes of that age; how many. Younger than any message waits they are still needed."""
        age = func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds)
        gone = session.execute(
            handled_events.delete().where(
                handled_events.c.consumer_group == self._group, handled_events.c.handled_at < func.now() - age
            )
        )
        return int(getattr(gone, "rowcount", 0))
