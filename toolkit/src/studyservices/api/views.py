"""What the API answers, as JSON."""

from __future__ import annotations

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from studyservices.models import Document, Quiz
from studyservices.passages import Passage
from studyservices.quiz.question import Question


class View(BaseModel):
    """An answer: taken from a row, and frozen."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class DocumentView(View):
    """A document and how far it has come."""

    id: uuid.UUID
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    status: str
    failure: str | None
    wants_index: bool
    text_chars: int | None
    chunk_count: int | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document) -> DocumentView:
        """The view of a row."""
        return cls.model_validate(document)


class QuizView(View):
    """A quiz; its questions once it is ready."""

    id: uuid.UUID
    document_id: uuid.UUID
    status: str
    failure: str | None
    question_count: int
    topic: str | None
    questions: tuple[Question, ...] | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, quiz: Quiz) -> QuizView:
        """The view of a row."""
        return cls.model_validate(quiz)


class DocumentDetail(View):
    """A document with its quizzes, newest first."""

    document: DocumentView
    quizzes: tuple[QuizView, ...]


class DocumentPage(View):
    """Some documents, newest first. `next_before` continues; nothing when these were the last."""

    documents: tuple[DocumentView, ...]
    next_before: uuid.UUID | None


class PassageView(View):
    """A passage that was found."""

    document_id: uuid.UUID
    ordinal: int
    text: str
    score: float

    @classmethod
    def of(cls, passage: Passage) -> PassageView:
        """The view of a passage."""
        return cls.model_validate(passage)


class SearchAnswer(View):
    """What was found, nearest first."""

    passages: tuple[PassageView, ...]
