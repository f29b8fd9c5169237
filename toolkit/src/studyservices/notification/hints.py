"""A hint tells every replica of the notification service that something came for a user. A lost one costs a delay only:
what was kept is read from the database, and looked for from time to time without any hint.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from studyruntime.events.event import Event
from studyservices.notification.texts import public_data

CHANNEL = "study_ai_events:user:hints"


class LiveEvent(BaseModel):
    """An event as it passes, without what may only travel encrypted."""

    model_config = ConfigDict(frozen=True)

    event_id: str
    event_type: str
    occurred_at: str
    subject: str
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> LiveEvent:
        """What is shown of `event`."""
        return cls(
            event_id=event.event_id,
            event_type=event.event_type.value,
            occurred_at=event.occurred_at.isoformat(),
            subject=event.subject,
            data=public_data(event),
        )


class UserHint(BaseModel):
    """What came for whom."""

    model_config = ConfigDict(frozen=True)

    user_id: str
    event: LiveEvent

    def encode(self) -> bytes:
        """As it is broadcast."""
        return self.model_dump_json().encode()


def decode_hint(data: bytes) -> UserHint | None:
    """The hint in a broadcast; nothing when it is none, for a newer release may send others."""
    try:
        return UserHint.model_validate_json(data)
    except ValidationError:
        return None
