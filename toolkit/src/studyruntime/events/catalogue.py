"""Every event of the platform, one model each. A model's docstring and field descriptions are its documentation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import Field

from studyruntime.events.event import Count, Event, Explanation, Identifier, Percentage, PrivateText
from studyruntime.events.kinds import EventType


class DocumentEvent(Event):
    """Something happened to a document."""

    key_field: ClassVar[str] = "document_id"

    document_id: Identifier


class DocumentUploaded(DocumentEvent):
    """A document was stored and waits to be processed."""

    event_type: ClassVar[EventType] = EventType.DOCUMENT_UPLOADED

    filename: Annotated[PrivateText, Field(description="what the user called the file")]
    file_size: Annotated[Count, Field(description="bytes")]
    content_type: Annotated[str, Field(min_length=1, max_length=255, description="media type of the file")]
    object_key: Annotated[str | None, Field(description="where the file lies in the bucket for uploads")] = None


class DocumentProcessing(DocumentEvent):
    """A worker began to read a document."""

    event_type: ClassVar[EventType] = EventType.DOCUMENT_PROCESSING


class DocumentProcessed(DocumentEvent):
    """The text of a document was extracted."""

    event_type: ClassVar[EventType] = EventType.DOCUMENT_PROCESSED

    object_key: Annotated[str | None, Field(description="where the text lies in the bucket for results")] = None
    page_count: Count | None = None
    character_count: Count | None = None


class DocumentFailed(DocumentEvent):
    """A document could not be read; nobody will try again by himself."""

    event_type: ClassVar[EventType] = EventType.DOCUMENT_FAILED

    error: Explanation


class IndexingStarted(DocumentEvent):
    """A worker began to index a document."""

    event_type: ClassVar[EventType] = EventType.INDEXING_STARTED

    chunk_count: Count | None = None


class IndexingProgress(DocumentEvent):
    """So much of a document is indexed."""

    event_type: ClassVar[EventType] = EventType.INDEXING_PROGRESS

    progress: Percentage
    message: Explanation = ""


class IndexingCompleted(DocumentEvent):
    """A document can be searched."""

    event_type: ClassVar[EventType] = EventType.INDEXING_COMPLETED

    chunk_count: Annotated[Count, Field(description="pieces of text that have a vector each")]


class IndexingFailed(DocumentEvent):
    """A document could not be indexed."""

    event_type: ClassVar[EventType] = EventType.INDEXING_FAILED

    error: Explanation


class QuizEvent(Event):
    """Something happened to a quiz."""

    key_field: ClassVar[str] = "quiz_id"

    quiz_id: Identifier
    document_id: Identifier | None = None


class QuizGenerationStarted(QuizEvent):
    """A worker began to write a quiz."""

    event_type: ClassVar[EventType] = EventType.QUIZ_GENERATION_STARTED

    question_count: Annotated[Count | None, Field(description="questions that were asked for")] = None


class QuizGenerationProgress(QuizEvent):
    """So much of a quiz is written."""

    event_type: ClassVar[EventType] = EventType.QUIZ_GENERATION_PROGRESS

    progress: Percentage
    message: Explanation = ""


class QuizGenerated(QuizEvent):
    """A quiz can be taken."""

    event_type: ClassVar[EventType] = EventType.QUIZ_GENERATED

    question_count: Count


class QuizGenerationFailed(QuizEvent):
    """A quiz could not be written."""

    event_type: ClassVar[EventType] = EventType.QUIZ_GENERATION_FAILED

    error: Explanation


class TaskStatus(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    STARTED = "started"
    PROCESSING = "processing"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED}


class TaskStatusUpdate(Event):
    """A background task got further, or came to its end."""

    event_type: ClassVar[EventType] = EventType.TASK_STATUS_UPDATE
    key_field: ClassVar[str] = "task_id"

    task_id: Identifier
    task_type: Annotated[Identifier, Field(description="kind of work, such as document_processing")]
    status: TaskStatus
    progress: Percentage | None = None
    message: Explanation = ""


class UserNotification(Event):
    """A user is to be told something."""

    event_type: ClassVar[EventType] = EventType.USER_NOTIFICATION

    notification_type: Annotated[Identifier, Field(description="what it is about, such as document_status")]
    title: PrivateText
    message: PrivateText
    reference: Annotated[str | None, Field(description="what to open, such as document/doc456")] = None


CATALOGUE: Mapping[EventType, type[Event]] = MappingProxyType(
    {
        model.event_type: model
        for model in (
            DocumentUploaded,
            DocumentProcessing,
            DocumentProcessed,
            DocumentFailed,
            IndexingStarted,
            IndexingProgress,
            IndexingCompleted,
            IndexingFailed,
            QuizGenerationStarted,
            QuizGenerationProgress,
            QuizGenerated,
            QuizGenerationFailed,
            TaskStatusUpdate,
            UserNotification,
        )
    }
)
"""The model of each type, in its newest version."""
