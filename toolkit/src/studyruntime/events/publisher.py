"""Publishes events: one typed method for each type, validated, encrypted where marked, within the granted channels."""

from __future__ import annotations

from collections.abc import Sequence

from studyruntime.broker import MessageBroker
from studyruntime.events.access import ChannelAccess
from studyruntime.events.catalogue import (
    DocumentFailed,
    DocumentProcessed,
    DocumentProcessing,
    DocumentUploaded,
    IndexingCompleted,
    IndexingFailed,
    IndexingProgress,
    IndexingStarted,
    QuizGenerated,
    QuizGenerationFailed,
    QuizGenerationProgress,
    QuizGenerationStarted,
    TaskStatus,
    TaskStatusUpdate,
    UserNotification,
)
from studyruntime.events.codec import EventCodec
from studyruntime.events.event import Event


class EventPublisher:
    """Tells the broker at once, whatever becomes of the caller's transaction. To tell only what is committed: `Outbox`.

    Every method returns the event's id. They raise pydantic.ValidationError for data that is not valid,
    ChannelForbidden for a channel outside of `access`, and Unavailable when the broker does not answer; then the event
    may or may not have been told.
    """

    def __init__(
        self,
        broker: MessageBroker,
        *,
        codec: EventCodec,
        source: str = "study",
        access: ChannelAccess | None = None,
    ) -> None:
        self._broker = broker
        self._codec = codec
        self._source = source
        self._access = access or ChannelAccess()

    @property
    def source(self) -> str:
        """Who tells."""
        return self._source

    def publish(self, event: Event) -> str:
        """Tell one event."""
        self._access.check_publish(event.channel)
        self._broker.publish(event.channel.value, self._codec.encode(event))
        return event.event_id

    def publish_many(self, events: Sequence[Event]) -> list[str]:
        """Tell events, one round trip for each channel. In order, and all or none, within a channel."""
        for event in events:
            self._access.check_publish(event.channel)
        payloads = [(event.channel, self._codec.encode(event)) for event in events]
        for channel in dict.fromkeys(event.channel for event in events):
            self._broker.publish_many(channel.value, [payload for where, payload in payloads if where is channel])
        return [event.event_id for event in events]

    def publish_document_uploaded(
        self,
        *,
        user_id: str,
        document_id: str,
        filename: str,
        file_size: int,
        content_type: str,
        object_key: str | None = None,
    ) -> str:
        """A document was stored. `file_size` in bytes."""
        return self.publish(
            DocumentUploaded(
                source=self._source,
                user_id=user_id,
                document_id=document_id,
                filename=filename,
                file_size=file_size,
                content_type=content_type,
                object_key=object_key,
            )
        )

    def publish_document_processing(self, *, user_id: str, document_id: str) -> str:
        """A worker began to read a document."""
        return self.publish(DocumentProcessing(source=self._source, user_id=user_id, document_id=document_id))

    def publish_document_processed(
        self,
        *,
        user_id: str,
        document_id: str,
        object_key: str | None = None,
        page_count: int | None = None,
        character_count: int | None = None,
    ) -> str:
        """The text of a document was extracted."""
        return self.publish(
            DocumentProcessed(
                source=self._source,
                user_id=user_id,
                document_id=document_id,
                object_key=object_key,
                page_count=page_count,
                character_count=character_count,
            )
        )

    def publish_document_failed(self, *, user_id: str, document_id: str, error: str) -> str:
        """A document could not be read."""
        return self.publish(DocumentFailed(source=self._source, user_id=user_id, document_id=document_id, error=error))

    def publish_indexing_started(self, *, user_id: str, document_id: str, chunk_count: int | None = None) -> str:
        """A worker began to index a document."""
        return self.publish(
            IndexingStarted(source=self._source, user_id=user_id, document_id=document_id, chunk_count=chunk_count)
        )

    def publish_indexing_progress(self, *, user_id: str, document_id: str, progress: int, message: str = "") -> str:
        """So many percent of a document are indexed."""
        return self.publish(
            IndexingProgress(
                source=self._source, user_id=user_id, document_id=document_id, progress=progress, message=message
            )
        )

    def publish_indexing_completed(self, *, user_id: str, document_id: str, chunk_count: int) -> str:
        """A document can be searched."""
        return self.publish(
            IndexingCompleted(source=self._source, user_id=user_id, document_id=document_id, chunk_count=chunk_count)
        )

    def publish_indexing_failed(self, *, user_id: str, document_id: str, error: str) -> str:
        """A document could not be indexed."""
        return self.publish(IndexingFailed(source=self._source, user_id=user_id, document_id=document_id, error=error))

    def publish_quiz_generation_started(
        self, *, user_id: str, quiz_id: str, document_id: str | None = None, question_count: int | None = None
    ) -> str:
        """A worker began to write a quiz."""
        return self.publish(
            QuizGenerationStarted(
                source=self._source,
                user_id=user_id,
                quiz_id=quiz_id,
                document_id=document_id,
                question_count=question_count,
            )
        )

    def publish_quiz_generation_progress(
        self, *, user_id: str, quiz_id: str, progress: int, message: str = "", document_id: str | None = None
    ) -> str:
        """So many percent of a quiz are written."""
        return self.publish(
            QuizGenerationProgress(
                source=self._source,
                user_id=user_id,
                quiz_id=quiz_id,
                document_id=document_id,
                progress=progress,
                message=message,
            )
        )

    def publish_quiz_generated(
        self, *, user_id: str, quiz_id: str, question_count: int, document_id: str | None = None
    ) -> str:
        """A quiz can be taken."""
        return self.publish(
            QuizGenerated(
                source=self._source,
                user_id=user_id,
                quiz_id=quiz_id,
                document_id=document_id,
                question_count=question_count,
            )
        )

    def publish_quiz_generation_failed(
        self, *, user_id: str, quiz_id: str, error: str, document_id: str | None = None
    ) -> str:
        """A quiz could not be written."""
        return self.publish(
            QuizGenerationFailed(
                source=self._source, user_id=user_id, quiz_id=quiz_id, document_id=document_id, error=error
            )
        )

    def publish_task_status_update(
        self,
        *,
        user_id: str,
        task_id: str,
        task_type: str,
        status: TaskStatus | str,
        progress: int | None = None,
        message: str = "",
    ) -> str:
        """A background task got further, or came to its end."""
        return self.publish(
            TaskStatusUpdate(
                source=self._source,
                user_id=user_id,
                task_id=task_id,
                task_type=task_type,
                status=TaskStatus(status),
                progress=progress,
                message=message,
            )
        )

    def publish_user_notification(
        self, *, user_id: str, notification_type: str, title: str, message: str, reference: str | None = None
    ) -> str:
        """A user is to be told something."""
        return self.publish(
            UserNotification(
                source=self._source,
                user_id=user_id,
                notification_type=notification_type,
                title=title,
                message=message,
                reference=reference,
            )
        )
