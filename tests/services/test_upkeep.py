"""The scheduler's jobs on a real database: lost work is handed out again, tired work is given up, old rows go."""
# ruff: noqa: PLR0917 - pytest passes arguments by name

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from tests.support.outbox import told

from studyruntime.database import Database
from studyruntime.events.catalogue import QuizGenerated
from studyruntime.events.codec import EventCodec
from studyruntime.storage import S3ObjectStorage
from studyservices.api.library import Library, NewDocument
from studyservices.lifecycle import DocumentStatus, QuizStatus
from studyservices.models import Document, Notification, Quiz
from studyservices.notification.store import NotificationStore
from studyservices.notification.texts import NotificationText
from studyservices.passages import PassageIndex
from studyservices.removal import Removal
from studyservices.upkeep import Upkeep, UpkeepRules
from studyservices.work.journal import Journal

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
USER = "user-1"
RULES = UpkeepRules(stuck_after_seconds=60, max_attempts=3, document_retention_days=30, notification_retention_days=30)
STUCK = timedelta(seconds=61)
EXPIRED = timedelta(days=31)


@pytest.fixture
def library(database: Database, journal: Journal) -> Library:
    return Library(database, journal)


@pytest.fixture
def upkeep(
    database: Database, journal: Journal, library: Library, storage: S3ObjectStorage, passages: PassageIndex
) -> Upkeep:
    return Upkeep(database, journal, Removal(library, storage, passages), RULES)


def add(library: Library, *, index: bool = True, quiz_questions: int = 0) -> uuid.UUID:
    new = NewDocument(uuid.uuid4(), USER, "f", "text/plain", 1, "0", index, quiz_questions)
    return library.add(new)[0].id


def age(
    database: Database, table: type[Document] | type[Quiz] | type[Notification], by: timedelta, **values: object
) -> None:
    """Make all rows of a table older, and set values in them."""
    stamps = {name: func.now() - by for name in ("created_at", "updated_at") if hasattr(table, name)}
    with database.primary_session() as session:
        session.execute(update(table).values(**stamps, **values))


@pytest.mark.parametrize(
    ("status", "wants_index", "asked"),
    [
        (DocumentStatus.UPLOADED, True, ["ask process"]),
        (DocumentStatus.PROCESSING, False, ["ask process"]),
        (DocumentStatus.PROCESSED, True, ["ask index"]),
        (DocumentStatus.INDEXING, True, ["ask index"]),
        (DocumentStatus.PROCESSED, False, []),
        (DocumentStatus.INDEXED, True, []),
        (DocumentStatus.FAILED, True, []),
    ],
)
def test_a_stuck_document_is_handed_out_once_and_a_finished_one_is_left_alone(
    upkeep: Upkeep,
    library: Library,
    database: Database,
    codec: EventCodec,
    status: DocumentStatus,
    wants_index: bool,
    asked: list[str],
) -> None:
    add(library, index=wants_index)
    age(database, Document, STUCK, status=status)
    before = len(told(database, codec))

    assert upkeep.hand_out_stuck_documents() == len(asked)
    assert upkeep.hand_out_stuck_documents() == 0
    assert told(database, codec)[before:] == asked


def test_work_that_is_young_is_left_to_its_worker(upkeep: Upkeep, library: Library, database: Database) -> None:
    add(library, quiz_questions=1)
    age(database, Document, timedelta(seconds=30))
    age(database, Quiz, timedelta(seconds=30), status=QuizStatus.REQUESTED)

    assert upkeep.hand_out_stuck_documents() == upkeep.hand_out_stuck_quizzes() == 0


@pytest.mark.parametrize(
    ("status", "event"), [(DocumentStatus.PROCESSING, "document.failed"), (DocumentStatus.INDEXING, "indexing.failed")]
)
def test_a_document_begun_too_often_is_given_up_with_its_quizzes(
    upkeep: Upkeep, library: Library, database: Database, codec: EventCodec, status: DocumentStatus, event: str
) -> None:
    document_id = add(library, quiz_questions=1)
    age(database, Document, STUCK, status=status, attempts=RULES.max_attempts)

    upkeep.hand_out_stuck_documents()

    detail = library.detail(USER, document_id)
    assert (detail.document.status, detail.quizzes[0].status) == (DocumentStatus.FAILED, QuizStatus.FAILED)
    assert told(database, codec)[-2:] == [event, "quiz.generation.failed"]


@pytest.mark.parametrize(("attempts", "said"), [(1, "ask quiz"), (RULES.max_attempts, "quiz.generation.failed")])
def test_a_stuck_quiz_is_handed_out_or_given_up(
    upkeep: Upkeep, library: Library, database: Database, codec: EventCodec, attempts: int, said: str
) -> None:
    add(library, quiz_questions=1)
    age(database, Quiz, STUCK, status=QuizStatus.GENERATING, attempts=attempts)

    assert upkeep.hand_out_stuck_quizzes() == 1
    assert upkeep.hand_out_stuck_quizzes() == 0
    assert told(database, codec)[-1] == said


def test_documents_and_notifications_go_when_their_time_is_over(
    upkeep: Upkeep, library: Library, database: Database
) -> None:
    store = NotificationStore(database)
    text = NotificationText("t", "m", {})
    add(library)
    store.add(QuizGenerated(event_id="old", user_id=USER, quiz_id="q", question_count=1), text)
    age(database, Document, EXPIRED)
    age(database, Notification, EXPIRED)
    young = add(library)
    store.add(QuizGenerated(event_id="young", user_id=USER, quiz_id="q", question_count=1), text)

    assert (upkeep.remove_expired_documents(), upkeep.delete_expired_notifications()) == (1, 1)
    assert (upkeep.remove_expired_documents(), upkeep.delete_expired_notifications()) == (0, 0)

    assert [document.id for document in library.page(USER, limit=10, before=None).documents] == [young]
    with database.primary_session() as session:
        assert session.scalars(select(Notification.event_id)).all() == ["young"]


def test_without_a_retention_documents_are_kept(
    database: Database, journal: Journal, library: Library, storage: S3ObjectStorage, passages: PassageIndex
) -> None:
    keeps = UpkeepRules(60, 3, document_retention_days=0, notification_retention_days=1)
    add(library)
    age(database, Document, timedelta(days=4000))

    upkeep = Upkeep(database, journal, Removal(library, storage, passages), keeps)

    assert upkeep.remove_expired_documents() == 0
    assert set(upkeep.jobs) == {"stuck_documents", "stuck_quizzes", "expired_documents", "expired_notifications"}
