"""Write events and requests for work in the transaction of the change they tell of."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from studyruntime.events.event import Event
from studyruntime.logs import current_correlation_id
from studyruntime.outbox import Outbox
from studyruntime.traces import current_traceparent
from studyservices.lifecycle import Step
from studyservices.work.requests import WorkRequest

SOURCE = "study"


class Journal:
    """What happened, and what is to happen next. Nothing leaves before the caller's transaction is committed."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def tell(self, session: Session, event: Event) -> None:
        """Tell of something that the transaction of `session` does."""
        course = {"correlation_id": current_correlation_id(), "traceparent": current_traceparent()}
        self._outbox.add(session, event.model_copy(update=course))

    def ask_for(self, session: Session, step: Step, subject_id: uuid.UUID, user_id: str) -> None:
        """Ask for work that the transaction of `session` makes necessary. Asking twice does no harm."""
        self.tell(session, WorkRequest(step, subject_id, user_id).to_event())
