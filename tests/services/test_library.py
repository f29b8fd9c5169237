"""The library on a real database: change and events are one transaction, and users see only their own."""
# ruff: noqa: PLR0917 - pytest passes arguments by name

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import text, update
from tests.support.outbox import told, waiting_events

from studyruntime.database import Database
from studyruntime.events.catalogue import DocumentUploaded
from studyruntime.events.codec import EventCodec
from studyruntime.logs import correlated
from studyservices.api.library import Library, NewDocument, NoSuchThing, NotNow
from studyservices.lifecycle import DocumentStatus, IndexAnswer, QuizStatus
from studyservices.models import Document
from studyservices.work.journal import Journal

USER = "user-1"


def new_document(number: int = 1, *, user_id: str = USER, index: bool = True, quiz_questions: int = 0) -> NewDocument:
    return NewDocument(
        id=uuid.UUID(int=number),
        user_id=user_id,
        filename="notes.txt",
        content_type="text/plain",
        size_bytes=10,
        sha256="0" * 64,
        wants_index=index,
        quiz_questions=quiz_questions,
    )


@pytest.fixture
def library(database: Database, journal: Journal) -> Library:
    return Library(database, journal)


@pytest.fixture
def told_now(database: Database, codec: EventCodec) -> Callable[[], list[str]]:
    return lambda: told(database, codec)


def set_status(database: Database, document_id: uuid.UUID, status: DocumentStatus, **values: object) -> None:
    with database.primary_session() as session:
        session.execute(update(Document).where(Document.id == document_id).values(status=status, **values))


def test_an_upload_is_entered_with_its_event_and_its_work(
    library: Library, database: Database, codec: EventCodec
) -> None:
    with correlated("request-1"):
        document, is_new = library.add(new_document())

    assert is_new
    assert document.status == DocumentStatus.UPLOADED
    assert told(database, codec) == ["document.uploaded", "ask process"]
    uploaded, _ = waiting_events(database, codec)
    assert isinstance(uploaded, DocumentUploaded)
    assert (uploaded.filename, uploaded.correlation_id) == ("notes.txt", "request-1")


def test_an_upload_sent_again_is_entered_once(library: Library, told_now: Callable[[], list[str]]) -> None:
    first, _ = library.add(new_document())
    again, is_new = library.add(new_document())

    assert (again, is_new) == (first, False)
    assert told_now() == ["document.uploaded", "ask process"]


def test_uploads_sent_at_once_are_entered_once(library: Library, told_now: Callable[[], list[str]]) -> None:
    fresh: list[bool] = []
    threads = [threading.Thread(target=lambda: fresh.append(library.add(new_document())[1])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(fresh) == [False] * 5 + [True]
    assert told_now() == ["document.uploaded", "ask process"]


def test_what_cannot_be_told_is_not_entered(database: Database) -> None:
    """Without a key the event cannot be written, so the row must not be either."""

    class NoKey(Journal):
        def tell(self, *_: object) -> None:
            raise RuntimeError("cannot tell")

    library = Library(database, NoKey(None))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="cannot tell"):
        library.add(new_document())

    with database.primary_session() as session:
        assert session.scalar(text("SELECT count(*) FROM documents")) == 0


def test_others_documents_do_not_exist(library: Library) -> None:
    document, _ = library.add(new_document(user_id="somebody"))

    for act in (library.detail, library.request_index, library.remove):
        with pytest.raises(NoSuchThing):
            act(USER, document.id)
    with pytest.raises(NoSuchThing):
        library.request_quiz(USER, document.id, question_count=1, topic=None)
    assert library.page(USER, limit=10, before=None).documents == ()


def test_pages_hold_every_document_once_newest_first(library: Library) -> None:
    for number in range(1, 8):
        library.add(new_document(number))
    library.add(new_document(99, user_id="somebody"))

    seen: list[int] = []
    before: uuid.UUID | None = None
    while True:
        page = library.page(USER, limit=3, before=before)
        seen += [document.id.int for document in page.documents]
        if (before := page.next_before) is None:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("status", "has_text", "answer", "asked"),
    [
        (DocumentStatus.INDEXED, True, IndexAnswer.ALREADY_INDEXED, []),
        (DocumentStatus.INDEXING, True, IndexAnswer.UNDER_WAY, []),
        (DocumentStatus.PROCESSING, False, IndexAnswer.AFTER_PROCESSING, []),
        (DocumentStatus.PROCESSED, True, IndexAnswer.STARTED, ["ask index"]),
        (DocumentStatus.FAILED, True, IndexAnswer.STARTED, ["ask index"]),
        (DocumentStatus.FAILED, False, IndexAnswer.FROM_THE_START, ["ask process"]),
    ],
)
def test_an_index_is_seen_to_from_wherever_a_document_stands(
    library: Library,
    database: Database,
    told_now: Callable[[], list[str]],
    status: DocumentStatus,
    has_text: bool,
    answer: IndexAnswer,
    asked: list[str],
) -> None:
    document, _ = library.add(new_document(index=False))
    set_status(database, document.id, status, text_chars=5 if has_text else None, attempts=5, failure="why")
    before = len(told_now())

    after, given = library.request_index(USER, document.id)

    assert given is answer
    assert after.wants_index
    assert told_now()[before:] == asked
    assert (after.failure is None) == (status is DocumentStatus.FAILED)


def test_a_quiz_of_an_indexed_document_is_asked_for_at_once(
    library: Library, database: Database, told_now: Callable[[], list[str]]
) -> None:
    document, _ = library.add(new_document())
    set_status(database, document.id, DocumentStatus.INDEXED)

    quiz = library.request_quiz(USER, document.id, question_count=3, topic="light")

    assert quiz.status == QuizStatus.REQUESTED
    assert told_now()[-1] == "ask quiz"
    assert library.quiz(USER, quiz.id).topic == "light"
    with pytest.raises(NoSuchThing):
        library.quiz("somebody", quiz.id)


def test_a_quiz_of_a_document_that_is_only_read_waits_and_has_it_indexed(
    library: Library, database: Database, told_now: Callable[[], list[str]]
) -> None:
    document, _ = library.add(new_document(index=False))
    set_status(database, document.id, DocumentStatus.PROCESSED, text_chars=5)

    quiz = library.request_quiz(USER, document.id, question_count=3, topic=None)

    assert quiz.status == QuizStatus.WAITING
    assert told_now()[-1] == "ask index"


def test_a_quiz_asked_for_with_the_upload_waits_for_it(library: Library) -> None:
    document, _ = library.add(new_document(index=False, quiz_questions=4))

    (quiz,) = library.detail(USER, document.id).quizzes
    assert (quiz.status, quiz.question_count, document.wants_index) == (QuizStatus.WAITING, 4, True)


def test_a_quiz_of_a_failed_document_is_refused_with_the_way_to_try_again(library: Library, database: Database) -> None:
    document, _ = library.add(new_document())
    set_status(database, document.id, DocumentStatus.FAILED, failure="no text")

    with pytest.raises(NotNow, match=f"/api/documents/{document.id}/index"):
        library.request_quiz(USER, document.id, question_count=1, topic=None)


def test_removing_takes_the_quizzes_along_and_asks_for_the_text_to_be_deleted(
    library: Library, told_now: Callable[[], list[str]]
) -> None:
    document, _ = library.add(new_document(quiz_questions=2))
    (quiz,) = library.detail(USER, document.id).quizzes

    library.remove(USER, document.id)

    assert told_now()[-1] == "ask remove"
    with pytest.raises(NoSuchThing):
        library.quiz(USER, quiz.id)
    with pytest.raises(NoSuchThing):
        library.remove(USER, document.id)
