"""The services' tables. Whoever changes them writes a migration in studyservices/migrations as well."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from studyservices.lifecycle import DocumentStatus, QuizStatus

_NOW = func.now()


class Base(DeclarativeBase):
    """The registry of the tables."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        str: Text(),
        uuid.UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class Document(Base):
    """An upload and how far it has come. `attempts` counts beginnings of the step it is at."""

    __tablename__ = "documents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    filename: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    status: Mapped[str] = mapped_column(default=DocumentStatus.UPLOADED.value)
    wants_index: Mapped[bool]
    failure: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    text_chars: Mapped[int | None]
    chunk_count: Mapped[int | None]
    embedding: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        CheckConstraint(
            "status IN ('uploaded', 'processing', 'processed', 'indexing', 'indexed', 'failed')",
            name="documents_status",
        ),
        Index("documents_of_user", "user_id", "created_at", "id"),
        Index(
            "documents_unfinished",
            "updated_at",
            postgresql_where=text("status IN ('uploaded', 'processing', 'processed', 'indexing')"),
        ),
        Index("documents_age", "created_at"),
    )


class Quiz(Base):
    """Questions about a document, or the wish for them."""

    __tablename__ = "quizzes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    status: Mapped[str] = mapped_column(default=QuizStatus.WAITING.value)
    question_count: Mapped[int]
    topic: Mapped[str | None]
    questions: Mapped[list[dict[str, Any]] | None]
    failure: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=_NOW)

    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'requested', 'generating', 'ready', 'failed')", name="quizzes_status"),
        CheckConstraint("(status = 'ready') = (questions IS NOT NULL)", name="quizzes_ready_have_questions"),
        Index("quizzes_of_document", "document_id", "created_at"),
        Index("quizzes_unfinished", "updated_at", postgresql_where=text("status IN ('requested', 'generating')")),
    )


class Notification(Base):
    """What a user was told. `sequence` grows in the order of commits within one user, so it serves as a cursor."""

    __tablename__ = "notifications"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    user_id: Mapped[str]
    event_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    message: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    read_at: Mapped[datetime | None]

    __table_args__ = (Index("notifications_of_user", "user_id", "sequence"), Index("notifications_age", "created_at"))
