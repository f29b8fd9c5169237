"""The indexing worker: passages of a text and their vectors, so that they can be found."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.events.catalogue import IndexingCompleted, IndexingFailed, IndexingProgress, IndexingStarted
from studyruntime.storage import ObjectStorage
from studyservices.errors import NotEnoughText
from studyservices.keys import PROCESSED, text_key
from studyservices.lifecycle import QuizStatus, Step
from studyservices.models import Document, Quiz
from studyservices.passages import PassageIndex
from studyservices.text.chunks import chunks
from studyservices.work.attempts import Outcome, attempt
from studyservices.work.journal import Journal
from studyservices.work.progress import BegunDocument, DocumentProgress

PROGRESS_STEP_PERCENT = 25


class IndexingWork:
    """Makes a document's passages, and asks for the quizzes that waited for them."""

    def __init__(
        self,
        database: Database,
        storage: ObjectStorage,
        passages: PassageIndex,
        journal: Journal,
        *,
        max_attempts: int,
    ) -> None:
        self._storage = storage
        self._passages = passages
        self._journal = journal
        self._progress = DocumentProgress(Step.INDEX, database, journal, max_attempts=max_attempts)

    def index(self, document_id: uuid.UUID) -> Outcome:
        """Index the text of a document.

        Raises:
            Exception: it may succeed next time.
        """
        name = str(document_id)
        begun = self._progress.begin(document_id, lambda user: IndexingStarted(user_id=user, document_id=name))
        if begun is None:
            return Outcome.NOTHING_TO_DO
        return attempt(
            lambda: self._index(begun),
            lambda reason: self._progress.give_up(
                begun, IndexingFailed(user_id=begun.user_id, document_id=name, error=reason), reason
            ),
            is_last=begun.is_last_attempt,
        )

    def _index(self, begun: BegunDocument) -> Outcome:
        text = self._storage.get(PROCESSED, text_key(begun.id)).decode()
        pieces = list(chunks(text))
        if not pieces:
            raise NotEnoughText("there is nothing to index", hint="Upload a document with text in it.")
        milestones = Milestones(PROGRESS_STEP_PERCENT)

        def tell_progress(done: int, total: int) -> None:
            percent = 100 * done // total
            if milestones.reaches_next(percent):
                event = IndexingProgress(user_id=begun.user_id, document_id=str(begun.id), progress=percent)
                self._progress.tell(begun, event)

        self._passages.replace(begun.id, begun.user_id, pieces, tell_progress)

        def record(session: Session, document: Document) -> None:
            document.chunk_count = len(pieces)
            document.embedding = self._passages.collection
            self._release_quizzes(session, document)

        completed = IndexingCompleted(user_id=begun.user_id, document_id=str(begun.id), chunk_count=len(pieces))
        outcome = self._progress.finish(begun, completed, record)
        if outcome is Outcome.REMOVED:  # nobody else knows of the passages that were just written
            self._passages.remove(begun.id)
        return outcome

    def _release_quizzes(self, session: Session, document: Document) -> None:
        waiting = select(Quiz).where(Quiz.document_id == document.id, Quiz.status == QuizStatus.WAITING)
        for quiz in session.scalars(waiting.with_for_update()):
            quiz.status = QuizStatus.REQUESTED
            quiz.updated_at = func.now()
            self._journal.ask_for(session, Step.QUIZ, quiz.id, quiz.user_id)


class Milestones:
    """Says when another `step_percent` is reached, so that a long text does not tell of every passage."""

    def __init__(self, step_percent: int) -> None:
        self._step_percent = step_percent
        self._next_percent = step_percent

    def reaches_next(self, percent: int) -> bool:
        """Whether `percent` is worth telling; the end is not, for it has an event of its own."""
        if percent < self._next_percent or percent >= 100:  # noqa: PLR2004 - all of it
            return False
        self._next_percent = percent - percent % self._step_percent + self._step_percent
        return True
