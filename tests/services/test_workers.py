"""The workers' steps on real servers: done once, begun again after a kill, given up with a reason, and told of."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import IO, Any

import pytest
from sqlalchemy import select, update
from tests.support.outbox import told
from tests.support.pdf import encrypted_pdf, pdf_of
from tests.support.study_text import STUDY_TEXT

from studyruntime.config import load_settings
from studyruntime.database import Database
from studyruntime.errors import Unavailable
from studyruntime.events.codec import EventCodec
from studyruntime.storage import S3ObjectStorage
from studyservices.api.library import Library, NewDocument, NoSuchThing
from studyservices.embedding import HashingEmbedding
from studyservices.keys import PROCESSED, UPLOADS, text_key, upload_key
from studyservices.lifecycle import DocumentStatus, QuizStatus
from studyservices.models import Document, Quiz
from studyservices.passages import PassageIndex, connect_qdrant
from studyservices.quiz.cloze import ClozeGenerator
from studyservices.removal import Removal
from studyservices.work.attempts import Outcome
from studyservices.work.documents import DocumentWork
from studyservices.work.indexing import IndexingWork
from studyservices.work.journal import Journal
from studyservices.work.quizzes import QuizWork

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
MAX_ATTEMPTS = 3


class Platform:
    """The workers and the library over one set of servers, without queues: tests are the queues."""

    def __init__(
        self,
        database: Database,
        storage: S3ObjectStorage,
        passages: PassageIndex,
        journal: Journal,
        codec: EventCodec,
    ) -> None:
        self.database, self.storage, self.passages, self._codec = database, storage, passages, codec
        self.library = Library(database, journal)
        self.removal = Removal(self.library, storage, passages)
        self.documents = DocumentWork(database, storage, journal, max_attempts=MAX_ATTEMPTS)
        self.indexing = IndexingWork(database, storage, passages, journal, max_attempts=MAX_ATTEMPTS)
        self.quizzes = QuizWork(database, storage, passages, ClozeGenerator(), journal, max_attempts=MAX_ATTEMPTS)
        self.user_id = uuid.uuid4().hex

    def upload(self, data: bytes, content_type: str = "text/plain", *, quiz_questions: int = 0) -> uuid.UUID:
        document_id = uuid.uuid4()
        self.storage.put(UPLOADS, upload_key(document_id), data)
        self.library.add(
            NewDocument(document_id, self.user_id, "f", content_type, len(data), "0", True, quiz_questions)
        )
        return document_id

    def status(self, document_id: uuid.UUID) -> str:
        return self.library.detail(self.user_id, document_id).document.status

    def told(self) -> list[str]:
        return told(self.database, self._codec)


@pytest.fixture
def platform(
    database: Database, storage: S3ObjectStorage, passages: PassageIndex, journal: Journal, codec: EventCodec
) -> Platform:
    return Platform(database, storage, passages, journal, codec)


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(STUDY_TEXT.encode(), "text/plain"), (pdf_of(STUDY_TEXT.split("\n\n")[:2]), "application/pdf")],
)
def test_a_document_goes_all_the_way_and_every_step_is_told(platform: Platform, data: bytes, content_type: str) -> None:
    document_id = platform.upload(data, content_type, quiz_questions=2)
    (quiz,) = platform.library.detail(platform.user_id, document_id).quizzes

    assert platform.documents.process(document_id) is Outcome.DONE
    assert platform.indexing.index(document_id) is Outcome.DONE
    assert platform.quizzes.generate(quiz.id) is Outcome.DONE

    detail = platform.library.detail(platform.user_id, document_id)
    assert detail.document.status == DocumentStatus.INDEXED
    assert detail.document.text_chars
    assert len(platform.storage.get(PROCESSED, text_key(document_id)).decode()) == detail.document.text_chars
    ready = platform.library.quiz(platform.user_id, quiz.id)
    assert (ready.status, len(ready.questions or ())) == (QuizStatus.READY, 2)
    assert platform.told() == [
        "document.uploaded",
        "ask process",
        "document.processing",
        "document.processed",
        "ask index",
        "indexing.started",
        "indexing.completed",
        "ask quiz",
        "quiz.generation.started",
        "quiz.generated",
    ]


def test_a_task_that_comes_again_finds_nothing_to_do(platform: Platform) -> None:
    document_id = platform.upload(STUDY_TEXT.encode(), quiz_questions=1)
    (quiz,) = platform.library.detail(platform.user_id, document_id).quizzes
    assert platform.indexing.index(document_id) is Outcome.NOTHING_TO_DO
    assert platform.quizzes.generate(quiz.id) is Outcome.NOTHING_TO_DO
    platform.documents.process(document_id)
    platform.indexing.index(document_id)
    platform.quizzes.generate(quiz.id)
    told_once = platform.told()

    assert platform.documents.process(document_id) is Outcome.NOTHING_TO_DO
    assert platform.indexing.index(document_id) is Outcome.NOTHING_TO_DO
    assert platform.quizzes.generate(quiz.id) is Outcome.NOTHING_TO_DO
    assert platform.documents.process(uuid.uuid4()) is Outcome.NOTHING_TO_DO
    assert platform.told() == told_once


def test_two_workers_on_one_document_finish_it_once(platform: Platform) -> None:
    document_id = platform.upload(STUDY_TEXT.encode())
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(platform.documents.process(document_id))) for _ in "12"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(Outcome.DONE) == 1
    assert platform.told().count("document.processed") == 1
    assert platform.told().count("ask index") == 1


def test_what_a_killed_worker_left_is_done_by_the_next(platform: Platform) -> None:
    """A kill after the step began leaves `processing`, `indexing` or `generating` behind, and maybe the object."""
    document_id = platform.upload(STUDY_TEXT.encode(), quiz_questions=1)
    (quiz,) = platform.library.detail(platform.user_id, document_id).quizzes
    at_work: list[tuple[type[Document] | type[Quiz], uuid.UUID, str, Callable[[uuid.UUID], Outcome]]] = [
        (Document, document_id, DocumentStatus.PROCESSING, platform.documents.process),
        (Document, document_id, DocumentStatus.INDEXING, platform.indexing.index),
        (Quiz, quiz.id, QuizStatus.GENERATING, platform.quizzes.generate),
    ]
    platform.storage.put(PROCESSED, text_key(document_id), b"half of the text")
    for table, row_id, left_at, work in at_work:
        with platform.database.primary_session() as session:
            session.execute(update(table).where(table.id == row_id).values(status=left_at, attempts=1))
        assert work(row_id) is Outcome.DONE

    assert platform.status(document_id) == DocumentStatus.INDEXED
    assert platform.library.quiz(platform.user_id, quiz.id).status == QuizStatus.READY


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (b"   ", "text/plain", "The file holds no text"),
        (encrypted_pdf(["x"], password="secret"), "application/pdf", "protected by a password"),  # noqa: S106
    ],
)
def test_what_cannot_be_read_fails_at_once_with_its_quizzes(
    platform: Platform, data: bytes, content_type: str, reason: str
) -> None:
    document_id = platform.upload(data, content_type, quiz_questions=1)

    assert platform.documents.process(document_id) is Outcome.FAILED

    detail = platform.library.detail(platform.user_id, document_id)
    assert (detail.document.status, detail.quizzes[0].status) == (DocumentStatus.FAILED, QuizStatus.FAILED)
    assert reason in (detail.document.failure or "")
    assert platform.told()[-2:] == ["document.failed", "quiz.generation.failed"]


def test_a_quiz_that_cannot_be_made_fails_and_says_why(platform: Platform) -> None:
    document_id = platform.upload(b"Too short to ask about.", quiz_questions=1)
    platform.documents.process(document_id)
    platform.indexing.index(document_id)
    (quiz,) = platform.library.detail(platform.user_id, document_id).quizzes

    assert platform.quizzes.generate(quiz.id) is Outcome.FAILED
    assert "not enough text" in (platform.library.quiz(platform.user_id, quiz.id).failure or "")
    assert platform.told()[-1] == "quiz.generation.failed"


def test_a_quiz_on_a_topic_asks_about_that(platform: Platform) -> None:
    law = "\n\n".join(
        f"A contract needs consent, and paragraph {n} of the statute names courts that judge it." for n in range(40)
    )
    biology = "The mitochondrion releases energy for cells because respiration splits sugar inside its membrane."
    document_id = platform.upload(f"{law}\n\n{biology}\n\n{law}".encode())
    platform.documents.process(document_id)
    platform.indexing.index(document_id)
    found = platform.passages.search(platform.user_id, "mitochondrion respiration", limit=12, document_id=document_id)
    assert biology in found[0].text

    quiz = platform.library.request_quiz(
        platform.user_id, document_id, question_count=12, topic="mitochondrion respiration"
    )
    platform.quizzes.generate(quiz.id)

    questions = platform.library.quiz(platform.user_id, quiz.id).questions or ()
    assert any(question.source == biology for question in questions)


def test_an_outage_is_tried_again_and_given_up_after_the_last_attempt(
    platform: Platform, database: Database, journal: Journal
) -> None:
    document_id = platform.upload(STUDY_TEXT.encode(), quiz_questions=1)
    platform.documents.process(document_id)
    settings = load_settings({"QDRANT_URL": "http://127.0.0.1:1"})
    nowhere = PassageIndex(connect_qdrant(settings.require_qdrant(), settings.aws), HashingEmbedding())
    indexing = IndexingWork(database, platform.storage, nowhere, journal, max_attempts=MAX_ATTEMPTS)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with pytest.raises(Unavailable):
            indexing.index(document_id)
        expected = DocumentStatus.INDEXING if attempt < MAX_ATTEMPTS else DocumentStatus.FAILED
        assert platform.status(document_id) == expected

    assert "127.0.0.1" not in (platform.library.detail(platform.user_id, document_id).document.failure or "")
    assert platform.told().count("indexing.started") == 1
    platform.library.request_index(platform.user_id, document_id)
    assert platform.indexing.index(document_id) is Outcome.DONE


def test_removing_leaves_nothing_behind(platform: Platform) -> None:
    document_id = platform.upload(STUDY_TEXT.encode(), quiz_questions=1)
    platform.documents.process(document_id)
    platform.indexing.index(document_id)

    assert platform.documents.remove(document_id) is Outcome.NOTHING_TO_DO  # it is there, so its text stays
    platform.removal.remove(platform.user_id, document_id)
    assert platform.documents.remove(document_id) is Outcome.DONE
    assert platform.documents.remove(document_id) is Outcome.DONE

    assert list(platform.storage.list(UPLOADS)) == list(platform.storage.list(PROCESSED)) == []
    assert platform.passages.search(platform.user_id, "light", limit=10) == []
    with platform.database.primary_session() as session:
        assert session.scalars(select(Quiz)).all() == []


def test_a_document_removed_while_a_worker_is_at_it_leaves_nothing_behind(
    platform: Platform, database: Database, buckets: dict[str, str], journal: Journal
) -> None:
    document_id = platform.upload(STUDY_TEXT.encode())

    class RemovesMeanwhile(S3ObjectStorage):
        """The document goes in the moment before the worker stores what it made of it."""

        def put(self, bucket: str, key: str, data: bytes | IO[bytes], **options: Any) -> None:
            platform.removal.remove(platform.user_id, document_id)
            super().put(bucket, key, data, **options)

    with closing(RemovesMeanwhile(load_settings(buckets))) as storage:
        work = DocumentWork(database, storage, journal, max_attempts=MAX_ATTEMPTS)
        assert work.process(document_id) is Outcome.REMOVED

    assert list(platform.storage.list(PROCESSED)) == []
    with pytest.raises(NoSuchThing):
        platform.status(document_id)
