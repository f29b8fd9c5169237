"""Which events exist and in which channel each travels. The values are the contract between services."""

from __future__ import annotations

from enum import StrEnum

CHANNEL_ROOT = "study_ai_events"


class Channel(StrEnum):
    """Where events travel; access is granted by prefixes of these names."""

    DOCUMENT = f"{CHANNEL_ROOT}:document"
    INDEXING = f"{CHANNEL_ROOT}:indexing"
    QUIZ = f"{CHANNEL_ROOT}:quiz"
    TASK = f"{CHANNEL_ROOT}:task"
    USER = f"{CHANNEL_ROOT}:user"


class EventType(StrEnum):
    """What may happen. A type's meaning never changes; a change of its data is a new version of it."""

    DOCUMENT_UPLOADED = "document.uploaded"
    DOCUMENT_PROCESSING = "document.processing"
    DOCUMENT_PROCESSED = "document.processed"
    DOCUMENT_FAILED = "document.failed"

    INDEXING_STARTED = "indexing.started"
    INDEXING_PROGRESS = "indexing.progress"
    INDEXING_COMPLETED = "indexing.completed"
    INDEXING_FAILED = "indexing.failed"

    QUIZ_GENERATION_STARTED = "quiz.generation.started"
    QUIZ_GENERATION_PROGRESS = "quiz.generation.progress"
    QUIZ_GENERATED = "quiz.generated"
    QUIZ_GENERATION_FAILED = "quiz.generation.failed"

    TASK_STATUS_UPDATE = "task.status.update"
    USER_NOTIFICATION = "user.notification"

    @property
    def channel(self) -> Channel:
        """The channel of this type: the one named like its first word."""
        return Channel(f"{CHANNEL_ROOT}:{self.value.partition('.')[0]}")
