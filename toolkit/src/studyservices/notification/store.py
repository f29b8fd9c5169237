"""Notifications in the database: kept once an event, read in the order in which they were committed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from studyruntime.database import Database
from studyruntime.events.event import Event
from studyservices.models import Notification
from studyservices.notification.texts import NotificationText

MAX_PAGE = 100


class NotificationView(BaseModel):
    """A notification as users see it. `sequence` is the cursor that `after` takes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: uuid.UUID
    sequence: int
    kind: str
    title: str
    message: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class NotificationStore:
    """The notifications of all users; each sees his own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: Event, text: NotificationText) -> bool:
        """Keep what a user is told of an event, and say whether it is new: an event may be delivered twice.

        Whoever adds for the same user waits here for the other. So a sequence that can be read is followed only by
        greater ones, and a reader that goes on after the last one it saw misses none.
        """
        with self._database.primary_session() as session:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(event.user_id, 0))))
            added = session.execute(
                insert(Notification)
                .values(
                    id=uuid.uuid5(uuid.NAMESPACE_OID, event.event_id),
                    user_id=event.user_id,
                    event_id=event.event_id,
                    kind=event.event_type.value,
                    title=text.title,
                    message=text.message,
                    data=text.data,
                )
                .on_conflict_do_nothing()
                .returning(Notification.id)
            )
            return added.first() is not None

    def latest_sequence(self, user_id: str) -> int:
        """The sequence of the user's newest notification; 0 when there is none."""
        with self._database.primary_session() as session:
            newest = select(func.max(Notification.sequence)).where(Notification.user_id == user_id)
            return session.scalar(newest) or 0

    def after(self, user_id: str, sequence: int, *, limit: int = MAX_PAGE) -> Sequence[NotificationView]:
        """The user's next notifications after `sequence`, oldest first."""
        with self._database.primary_session() as session:
            following = (
                select(Notification)
                .where(Notification.user_id == user_id, Notification.sequence > sequence)
                .order_by(Notification.sequence)
                .limit(limit)
            )
            return [NotificationView.model_validate(row) for row in session.scalars(following)]

    def newest(self, user_id: str, *, limit: int, before: int | None, only_unread: bool) -> Sequence[NotificationView]:
        """The user's notifications, newest first, those before the sequence `before`."""
        with self._database.read_session() as session:
            mine = select(Notification).where(Notification.user_id == user_id)
            if before is not None:
                mine = mine.where(Notification.sequence < before)
            if only_unread:
                mine = mine.where(Notification.read_at.is_(None))
            newest = mine.order_by(Notification.sequence.desc()).limit(limit)
            return [NotificationView.model_validate(row) for row in session.scalars(newest)]

    def mark_read(self, user_id: str, notification_id: uuid.UUID) -> bool:
        """Note that the user read a notification; False when he has none of that id."""
        with self._database.primary_session() as session:
            marked = session.execute(
                update(Notification)
                .where(Notification.user_id == user_id, Notification.id == notification_id)
                .values(read_at=func.coalesce(Notification.read_at, func.now()))
                .returning(Notification.id)
            )
            return marked.first() is not None
