"""What waits in an outbox, read by tests."""

from __future__ import annotations

from sqlalchemy import select

from studyruntime.database import Database
from studyruntime.events.codec import EventCodec
from studyruntime.events.event import Event
from studyruntime.outbox import outbox_events
from studyservices.work.requests import WorkRequest


def waiting_events(database: Database, codec: EventCodec) -> list[Event]:
    """Every event in the outbox, in the order in which they were told."""
    with database.primary_session() as session:
        payloads = session.scalars(select(outbox_events.c.payload).order_by(outbox_events.c.id))
        return [codec.decode(payload) for payload in payloads]


def told(database: Database, codec: EventCodec) -> list[str]:
    """The types of these events; a request for work as the step that is asked for."""
    requests = ((event, WorkRequest.from_event(event)) for event in waiting_events(database, codec))
    return [event.event_type.value if request is None else f"ask {request.step.value}" for event, request in requests]
