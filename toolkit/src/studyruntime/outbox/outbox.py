"""Writes events into the caller's transaction: they are told if, and only if, it commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from studyruntime.events.codec import EventCodec
from studyruntime.events.event import Event
from studyruntime.outbox.schema import outbox_events


class Outbox:
    """Where events wait for the relay.

    Order: events of one subject (`Event.subject`) are published in the order in which they were added, if whoever adds
    holds a lock on what the subject names: changed it in the same session, or read it FOR UPDATE. Without such a lock
    two transactions that overlap have no order between them.
    """

    def __init__(self, codec: EventCodec) -> None:
        self._codec = codec

    def add(self, session: Session, event: Event) -> None:
        """Write one event. It leaves after the caller's commit.

        Raises:
            ConfigurationError: a field must be encrypted and there is no key.
        """
        self.add_many(session, (event,))

    def add_many(self, session: Session, events: Sequence[Event]) -> None:
        """Write events in this order, in one statement."""
        if not events:
            return
        session.flush()  # what the session changed so far is locked before the events get their place in the order
        session.execute(insert(outbox_events), [self._row(event) for event in events])

    def _row(self, event: Event) -> dict[str, Any]:
        return {
            "event_id": event.event_id,
            "event_type": event.event_type.value,
            "channel": event.channel.value,
            "subject": event.subject,
            "open_subject": event.subject,
            "payload": self._codec.encode(event),
        }
