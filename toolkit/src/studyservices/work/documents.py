"""The document worker: text out of uploads, and what is left of removed documents out of the bucket."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from studyruntime.database import Database
from studyruntime.events.catalogue import DocumentFailed, DocumentProcessed, DocumentProcessing
from studyruntime.storage import ObjectStorage
from studyservices.keys import PROCESSED, UPLOADS, text_key, upload_key
from studyservices.lifecycle import Step
from studyservices.models import Document
from studyservices.text.extraction import extract_text
from studyservices.work.attempts import Outcome, attempt
from studyservices.work.journal import Journal
from studyservices.work.progress import BegunDocument, DocumentProgress

TEXT_TYPE = "text/plain; charset=utf-8"


class DocumentWork:
    """Reads an upload, stores its text, and asks for an index where one is wanted."""

    def __init__(self, database: Database, storage: ObjectStorage, journal: Journal, *, max_attempts: int) -> None:
        self._database = database
        self._storage = storage
        self._journal = journal
        self._progress = DocumentProgress(Step.PROCESS, database, journal, max_attempts=max_attempts)

    def process(self, document_id: uuid.UUID) -> Outcome:
        """Extract the text of a document.

        Raises:
            Exception: it may succeed next time.
        """
        name = str(document_id)
        begun = self._progress.begin(document_id, lambda user: DocumentProcessing(user_id=user, document_id=name))
        if begun is None:
            return Outcome.NOTHING_TO_DO
        return attempt(
            lambda: self._process(begun),
            lambda reason: self._progress.give_up(
                begun, DocumentFailed(user_id=begun.user_id, document_id=name, error=reason), reason
            ),
            is_last=begun.is_last_attempt,
        )

    def remove(self, document_id: uuid.UUID) -> Outcome:
        """Delete the text of a document whose row is gone.

        Raises:
            Unavailable: the storage or the database does not answer.
        """
        with self._database.primary_session() as session:
            if session.get(Document, document_id) is not None:
                return Outcome.NOTHING_TO_DO
        self._storage.delete(PROCESSED, text_key(document_id))
        return Outcome.DONE

    def _process(self, begun: BegunDocument) -> Outcome:
        text = extract_text(self._storage.get(UPLOADS, upload_key(begun.id)), begun.content_type)
        self._storage.put(PROCESSED, text_key(begun.id), text.encode(), content_type=TEXT_TYPE)

        def record(session: Session, document: Document) -> None:
            document.text_chars = len(text)
            if document.wants_index:
                self._journal.ask_for(session, Step.INDEX, document.id, document.user_id)

        processed = DocumentProcessed(
            user_id=begun.user_id,
            document_id=str(begun.id),
            object_key=text_key(begun.id),
            character_count=len(text),
        )
        outcome = self._progress.finish(begun, processed, record)
        if outcome is Outcome.REMOVED:  # nobody else knows of the text that was just stored
            self._storage.delete(PROCESSED, text_key(begun.id))
        return outcome
