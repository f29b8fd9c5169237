"""Take a document through a step: begin it, finish it or give it up, each in one transaction with its events.

Whoever begins is not alone: a task may be delivered twice. All may work, the first to finish counts, and the others
find that they were overtaken. What they make is the same, so nothing is harmed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.events.catalogue import QuizGenerationFailed
from studyruntime.events.event import Event
from studyservices.lifecycle import AT_WORK, BEGINS_FROM, DONE, DocumentStatus, QuizStatus, Step
from studyservices.models import Document, Quiz
from studyservices.work.attempts import Outcome
from studyservices.work.journal import Journal


@dataclass(frozen=True)
class BegunDocument:
    """A document as it was when a step began."""

    id: uuid.UUID
    user_id: str
    content_type: str
    is_last_attempt: bool


class DocumentProgress:
    """One step of all documents."""

    def __init__(self, step: Step, database: Database, journal: Journal, *, max_attempts: int) -> None:
        self._step = step
        self._database = database
        self._journal = journal
        self._max_attempts = max_attempts

    def begin(self, document_id: uuid.UUID, started: Callable[[str], Event]) -> BegunDocument | None:
        """Begin the step, or say by None that there is nothing to do. `started` makes the event, from the user."""
        with self._locked(document_id) as (session, document):
            if document is None or document.status not in BEGINS_FROM[self._step]:
                return None
            if document.status != AT_WORK[self._step]:  # it is begun for the first time
                self._journal.tell(session, started(document.user_id))
            document.status = AT_WORK[self._step]
            document.attempts += 1
            return BegunDocument(
                document.id, document.user_id, document.content_type, document.attempts >= self._max_attempts
            )

    def tell(self, begun: BegunDocument, event: Event) -> None:
        """Tell how far the step is; it is also a sign of life."""
        with self._locked(begun.id) as (session, document):
            if document is not None and document.status == AT_WORK[self._step]:
                self._journal.tell(session, event)

    def finish(self, begun: BegunDocument, finished: Event, record: Callable[[Session, Document], None]) -> Outcome:
        """Finish the step; `record` writes what it came to, in the same transaction."""
        with self._locked(begun.id) as (session, document):
            if document is None:
                return Outcome.REMOVED
            if document.status != AT_WORK[self._step]:
                return Outcome.OVERTAKEN
            document.status = DONE[self._step]
            document.attempts = 0
            document.failure = None
            self._journal.tell(session, finished)
            record(session, document)
            return Outcome.DONE

    def give_up(self, begun: BegunDocument, failed: Event, reason: str) -> None:
        """Give the step up, unless somebody else came further with it."""
        with self._locked(begun.id) as (session, document):
            if document is None or document.status != AT_WORK[self._step]:
                return
            give_up_document(session, self._journal, document, failed, reason)

    @contextmanager
    def _locked(self, document_id: uuid.UUID) -> Iterator[tuple[Session, Document | None]]:
        with self._database.primary_session() as session:
            document = session.scalar(select(Document).where(Document.id == document_id).with_for_update())
            if document is not None:
                document.updated_at = func.now()
            yield session, document


def give_up_document(session: Session, journal: Journal, document: Document, failed: Event, reason: str) -> None:
    """Let a document and the quizzes that wait for it fail, in the transaction that holds the document's lock."""
    document.status = DocumentStatus.FAILED
    document.failure = reason
    journal.tell(session, failed)
    waiting = select(Quiz).where(Quiz.document_id == document.id, Quiz.status == QuizStatus.WAITING)
    for quiz in session.scalars(waiting.with_for_update()):
        give_up_quiz(session, journal, quiz, f"Its document failed: {reason}")


def give_up_quiz(session: Session, journal: Journal, quiz: Quiz, reason: str) -> None:
    """Let a quiz fail, in the transaction that holds its lock."""
    quiz.status = QuizStatus.FAILED
    quiz.failure = reason
    quiz.updated_at = func.now()
    failed = QuizGenerationFailed(
        user_id=quiz.user_id, quiz_id=str(quiz.id), document_id=str(quiz.document_id), error=reason
    )
    journal.tell(session, failed)
