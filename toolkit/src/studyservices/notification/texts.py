"""Which events a user is told of in so many words, and in which; every other event is only shown as it passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studyruntime.events.catalogue import (
    DocumentFailed,
    DocumentProcessed,
    IndexingCompleted,
    IndexingFailed,
    QuizGenerated,
    QuizGenerationFailed,
    UserNotification,
)
from studyruntime.events.event import METADATA_FIELDS, Event, encrypted_fields


@dataclass(frozen=True)
class NotificationText:
    """What is kept of a notification: `data` names what it is about and holds nothing about a person."""

    title: str
    message: str
    data: dict[str, Any]


def notification_text(event: Event) -> NotificationText | None:
    """What the user is told of `event`; nothing when it is a step on the way."""
    match event:
        case DocumentProcessed():
            title, message = "Document read", f"Its text has {_count(event.character_count, 'character')}."
        case DocumentFailed(error=error):
            title, message = "Document could not be read", error
        case IndexingCompleted(chunk_count=count):
            title, message = "Document can be searched", f"It has {_count(count, 'passage')}."
        case IndexingFailed(error=error):
            title, message = "Document could not be indexed", error
        case QuizGenerated(question_count=count):
            title, message = "Quiz ready", f"It has {_count(count, 'question')}."
        case QuizGenerationFailed(error=error):
            title, message = "Quiz could not be made", error
        case UserNotification(title=title, message=message):
            pass
        case _:
            return None
    return NotificationText(title, message, public_data(event))


def public_data(event: Event) -> dict[str, Any]:
    """The data of an event without what may only travel encrypted, and without the user: his own events come to him."""
    hidden = METADATA_FIELDS | encrypted_fields(type(event)) | {"user_id"}
    return event.model_dump(mode="json", exclude=set(hidden), exclude_none=True)


def _count(number: int | None, noun: str) -> str:
    return f"{number or 0:,} {noun}{'' if number == 1 else 's'}"
