"""What may be done with documents and quizzes. Every change is one transaction, together with its events."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.errors import NotFound, RuntimeFailure
from studyruntime.events.catalogue import DocumentUploaded
from studyservices.api.views import DocumentDetail, DocumentPage, DocumentView, QuizView
from studyservices.keys import upload_key
from studyservices.lifecycle import (
    DocumentStatus,
    IndexAnswer,
    QuizStatus,
    Step,
    answer_index_request,
    first_quiz_status,
)
from studyservices.models import Document, Quiz
from studyservices.work.journal import Journal


class NoSuchThing(NotFound):
    """The user has nothing of that id. Whether somebody else has is not told."""


class NotNow(RuntimeFailure):
    """What was asked for does not go together with where the document stands."""


@dataclass(frozen=True)
class NewDocument:
    """An upload that is stored already, and what is to become of it."""

    id: uuid.UUID
    user_id: str
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    wants_index: bool
    quiz_questions: int


class Library:
    """The documents and quizzes of all users; each sees his own."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def add(self, new: NewDocument) -> tuple[DocumentView, bool]:
        """Enter an upload, and say whether it was new: an id is entered once."""
        with self._database.primary_session() as session:
            is_new = self._insert(session, new)
            document = session.get_one(Document, new.id)
            if is_new:
                self._start(session, document, new.quiz_questions)
            return DocumentView.of(document), is_new

    def page(self, user_id: str, *, limit: int, before: uuid.UUID | None) -> DocumentPage:
        """Documents of a user, newest first, those after `before`."""
        with self._database.read_session() as session:
            mine = select(Document).where(Document.user_id == user_id)
            if before is not None:
                place = select(Document.created_at, Document.id).where(
                    Document.id == before, Document.user_id == user_id
                )
                mine = mine.where(tuple_(Document.created_at, Document.id) < place.scalar_subquery())
            newest = mine.order_by(Document.created_at.desc(), Document.id.desc()).limit(limit + 1)
            found = [DocumentView.of(document) for document in session.scalars(newest)]
        has_more = len(found) > limit
        return DocumentPage(documents=tuple(found[:limit]), next_before=found[limit - 1].id if has_more else None)

    def detail(self, user_id: str, document_id: uuid.UUID) -> DocumentDetail:
        """A document with its quizzes, as new as they are: who just uploaded must find it.

        Raises:
            NoSuchThing: the user has no such document.
        """
        with self._database.primary_session() as session:
            document = session.get(Document, document_id)
            if document is None or document.user_id != user_id:
                raise no_document(document_id)
            quizzes = session.scalars(
                select(Quiz).where(Quiz.document_id == document_id).order_by(Quiz.created_at.desc(), Quiz.id)
            )
            return DocumentDetail(
                document=DocumentView.of(document), quizzes=tuple(QuizView.of(quiz) for quiz in quizzes)
            )

    def quiz(self, user_id: str, quiz_id: uuid.UUID) -> QuizView:
        """A quiz, as new as it is.

        Raises:
            NoSuchThing: the user has no such quiz.
        """
        with self._database.primary_session() as session:
            quiz = session.get(Quiz, quiz_id)
            if quiz is None or quiz.user_id != user_id:
                raise NoSuchThing(f"you have no quiz {quiz_id}")
            return QuizView.of(quiz)

    def request_index(self, user_id: str, document_id: uuid.UUID) -> tuple[DocumentView, IndexAnswer]:
        """See that a document gets indexed; a failed one is tried again.

        Raises:
            NoSuchThing: the user has no such document.
        """
        with self._locked(user_id, document_id) as (session, document):
            answer = self._see_to_index(session, document)
            return DocumentView.of(document), answer

    def request_quiz(self, user_id: str, document_id: uuid.UUID, *, question_count: int, topic: str | None) -> QuizView:
        """See that a quiz gets made, as soon as its document is indexed.

        Raises:
            NoSuchThing: the user has no such document.
            NotNow: the document failed.
        """
        with self._locked(user_id, document_id) as (session, document):
            if document.status == DocumentStatus.FAILED:
                raise NotNow(
                    f"the document failed: {document.failure}",
                    hint=f"Try again: POST /api/documents/{document_id}/index",
                )
            quiz = _quiz(document, question_count, topic)
            session.add(quiz)
            self._see_to_index(session, document)
            session.flush()
            if quiz.status == QuizStatus.REQUESTED:
                self._journal.ask_for(session, Step.QUIZ, quiz.id, user_id)
            return QuizView.of(quiz)

    def remove(self, user_id: str, document_id: uuid.UUID) -> None:
        """Forget a document and its quizzes, and ask for its text to be deleted; see removal for the other files.

        Raises:
            NoSuchThing: the user has no such document.
        """
        with self._locked(user_id, document_id) as (session, document):
            session.delete(document)
            self._journal.ask_for(session, Step.REMOVE, document_id, user_id)

    def _insert(self, session: Session, new: NewDocument) -> bool:
        row = {
            "id": new.id,
            "user_id": new.user_id,
            "filename": new.filename,
            "content_type": new.content_type,
            "size_bytes": new.size_bytes,
            "sha256": new.sha256,
            "wants_index": new.wants_index or new.quiz_questions > 0,
            "status": DocumentStatus.UPLOADED,
        }
        inserted = session.execute(insert(Document).values(row).on_conflict_do_nothing().returning(Document.id))
        return inserted.first() is not None

    def _start(self, session: Session, document: Document, quiz_questions: int) -> None:
        if quiz_questions:
            session.add(_quiz(document, quiz_questions, None))
        uploaded = DocumentUploaded(
            user_id=document.user_id,
            document_id=str(document.id),
            filename=document.filename,
            file_size=document.size_bytes,
            content_type=document.content_type,
            object_key=upload_key(document.id),
        )
        self._journal.tell(session, uploaded)
        self._journal.ask_for(session, Step.PROCESS, document.id, document.user_id)

    def _see_to_index(self, session: Session, document: Document) -> IndexAnswer:
        answer, status = answer_index_request(DocumentStatus(document.status), has_text=document.text_chars is not None)
        document.wants_index = True
        if status != document.status:
            document.status, document.failure, document.attempts = status, None, 0
        if answer is IndexAnswer.STARTED:
            self._journal.ask_for(session, Step.INDEX, document.id, document.user_id)
        elif answer is IndexAnswer.FROM_THE_START:
            self._journal.ask_for(session, Step.PROCESS, document.id, document.user_id)
        document.updated_at = func.now()
        session.flush()
        session.refresh(document)
        return answer

    @contextmanager
    def _locked(self, user_id: str, document_id: uuid.UUID) -> Iterator[tuple[Session, Document]]:
        with self._database.primary_session() as session:
            document = session.scalar(select(Document).where(Document.id == document_id).with_for_update())
            if document is None or document.user_id != user_id:
                raise no_document(document_id)
            yield session, document


def _quiz(document: Document, question_count: int, topic: str | None) -> Quiz:
    return Quiz(
        id=uuid.uuid4(),
        document_id=document.id,
        user_id=document.user_id,
        status=first_quiz_status(DocumentStatus(document.status)),
        question_count=question_count,
        topic=topic,
        attempts=0,
    )


def no_document(document_id: uuid.UUID) -> NoSuchThing:
    """What who asks for a document hears that is not his, or nobody's."""
    return NoSuchThing(f"you have no document {document_id}")
