"""What has to be done from time to time: work that got lost is handed out again, and what is too old goes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.events.catalogue import DocumentFailed, IndexingFailed
from studyservices.lifecycle import AT_WORK, BEGINS_FROM, QUIZ_BEGINS_FROM, DocumentStatus, Step, next_step
from studyservices.models import Document, Notification, Quiz
from studyservices.removal import Removal
from studyservices.work.journal import Journal
from studyservices.work.progress import give_up_document, give_up_quiz

BATCH = 100
TOO_MANY_ATTEMPTS = "It was begun several times and never finished. Try again later."


@dataclass(frozen=True)
class UpkeepRules:
    """After how long something is done. Zero days of retention: documents are kept until they are removed."""

    stuck_after_seconds: int
    max_attempts: int
    document_retention_days: int
    notification_retention_days: int


class Upkeep:
    """The jobs of the scheduler. Each may run twice at once: rows that another holds are passed over."""

    def __init__(self, database: Database, journal: Journal, removal: Removal, rules: UpkeepRules) -> None:
        self._database = database
        self._journal = journal
        self._removal = removal
        self._rules = rules

    @property
    def jobs(self) -> Mapping[str, Callable[[], int]]:
        """Every job by its name. Each says how much it did."""
        return {
            "stuck_documents": self.hand_out_stuck_documents,
            "stuck_quizzes": self.hand_out_stuck_quizzes,
            "expired_documents": self.remove_expired_documents,
            "expired_notifications": self.delete_expired_notifications,
        }

    def hand_out_stuck_documents(self) -> int:
        """Ask again for work on documents that nobody got further with, or give them up."""
        unfinished = or_(
            Document.status.in_(BEGINS_FROM[Step.PROCESS] | {AT_WORK[Step.INDEX]}),
            (Document.status == DocumentStatus.PROCESSED) & Document.wants_index,
        )
        with self._database.primary_session() as session:
            stuck = list(session.scalars(self._stuck(select(Document), Document.updated_at, unfinished)))
            for document in stuck:
                self._hand_out_document(session, document)
            return len(stuck)

    def hand_out_stuck_quizzes(self) -> int:
        """Ask again for quizzes that nobody finished, or give them up."""
        with self._database.primary_session() as session:
            stuck = list(session.scalars(self._stuck(select(Quiz), Quiz.updated_at, Quiz.status.in_(QUIZ_BEGINS_FROM))))
            for quiz in stuck:
                if quiz.attempts >= self._rules.max_attempts:
                    give_up_quiz(session, self._journal, quiz, TOO_MANY_ATTEMPTS)
                    continue
                quiz.updated_at = func.now()
                self._journal.ask_for(session, Step.QUIZ, quiz.id, quiz.user_id)
            return len(stuck)

    def remove_expired_documents(self) -> int:
        """Remove documents that are older than they are to be kept."""
        if self._rules.document_retention_days == 0:
            return 0
        expired = self._expired_documents()
        for document_id, user_id in expired:
            self._removal.remove(user_id, document_id)
        return len(expired)

    def delete_expired_notifications(self) -> int:
        """Delete notifications that are older than they are to be kept."""
        age = timedelta(days=self._rules.notification_retention_days)
        with self._database.primary_session() as session:
            old = select(Notification.id).where(Notification.created_at < func.now() - age).limit(BATCH)
            deleted = session.execute(delete(Notification).where(Notification.id.in_(old)).returning(Notification.id))
            return len(deleted.all())

    def _hand_out_document(self, session: Session, document: Document) -> None:
        step = next_step(DocumentStatus(document.status), wants_index=document.wants_index) or Step.INDEX
        document.updated_at = func.now()
        if document.attempts < self._rules.max_attempts:
            self._journal.ask_for(session, step, document.id, document.user_id)
            return
        failure = DocumentFailed if step is Step.PROCESS else IndexingFailed
        failed = failure(user_id=document.user_id, document_id=str(document.id), error=TOO_MANY_ATTEMPTS)
        give_up_document(session, self._journal, document, failed, TOO_MANY_ATTEMPTS)

    def _stuck(self, rows: Select[Any], touched: Any, unfinished: ColumnElement[bool]) -> Select[Any]:
        age = timedelta(seconds=self._rules.stuck_after_seconds)
        stuck = rows.where(unfinished, touched < func.now() - age).order_by(touched).limit(BATCH)
        return stuck.with_for_update(skip_locked=True)

    def _expired_documents(self) -> list[tuple[uuid.UUID, str]]:
        age = timedelta(days=self._rules.document_retention_days)
        with self._database.primary_session() as session:
            old = select(Document.id, Document.user_id).where(Document.created_at < func.now() - age)
            return [(row.id, row.user_id) for row in session.execute(old.order_by(Document.created_at).limit(BATCH))]
