"""Passages in Qdrant's stand-in: found by what they say, written once however often, and only by their user."""

from __future__ import annotations

import uuid

import pytest
from tests.support.servers.qdrant import QdrantServer
from tests.support.study_text import STUDY_TEXT

from studyruntime.config import load_settings
from studyruntime.errors import Unavailable
from studyservices.embedding import HashingEmbedding
from studyservices.passages import BATCH_SIZE, PassageIndex, connect_qdrant
from studyservices.text.chunks import Chunk, chunks

# The stand-in speaks plain HTTP on this machine, and the client would rather send its key encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


def silent(done: int, total: int) -> None:
    """Nobody is told."""


def pieces(*texts: str) -> list[Chunk]:
    return [Chunk(ordinal, 0, len(text), text) for ordinal, text in enumerate(texts)]


def write(passages: PassageIndex, user_id: str, *texts: str, document_id: uuid.UUID | None = None) -> uuid.UUID:
    document_id = document_id or uuid.uuid4()
    passages.replace(document_id, user_id, pieces(*texts), silent)
    return document_id


def texts_of(passages: PassageIndex, user_id: str, query: str = "anything", **options: uuid.UUID) -> list[str]:
    return [found.text for found in passages.search(user_id, query, limit=50, **options)]


def test_the_nearest_passage_comes_first(passages: PassageIndex) -> None:
    user_id = uuid.uuid4().hex
    document_id = uuid.uuid4()
    passages.replace(document_id, user_id, list(chunks(STUDY_TEXT, max_chars=200, overlap_chars=0)), silent)

    first, *others = passages.search(user_id, "which pigment absorbs light", limit=3)

    assert "Chlorophyll" in first.text
    assert first.document_id == document_id
    assert [first.score, *(other.score for other in others)] == sorted(
        [first.score, *(other.score for other in others)], reverse=True
    )


def test_nobody_finds_what_is_another_users(passages: PassageIndex) -> None:
    mine, theirs = uuid.uuid4().hex, uuid.uuid4().hex
    write(passages, mine, "my secret passage")

    assert texts_of(passages, theirs, "my secret passage") == []
    assert texts_of(passages, mine, "my secret passage") == ["my secret passage"]


def test_a_search_may_be_held_to_one_document(passages: PassageIndex) -> None:
    user_id = uuid.uuid4().hex
    write(passages, user_id, "light and leaves")
    second = write(passages, user_id, "light and lamps")

    assert texts_of(passages, user_id, "light", document_id=second) == ["light and lamps"]


def test_writing_again_leaves_what_was_written_last_once(passages: PassageIndex) -> None:
    user_id = uuid.uuid4().hex
    document_id = write(passages, user_id, "one", "two", "three")
    write(passages, user_id, "one", "two", "three", document_id=document_id)
    assert sorted(texts_of(passages, user_id)) == ["one", "three", "two"]

    write(passages, user_id, "only", document_id=document_id)
    assert texts_of(passages, user_id) == ["only"]


def test_progress_is_told_batch_by_batch(passages: PassageIndex) -> None:
    told: list[tuple[int, int]] = []
    total = BATCH_SIZE + 1

    passages.replace(
        uuid.uuid4(),
        uuid.uuid4().hex,
        pieces(*(f"passage {number}" for number in range(total))),
        lambda done, whole: told.append((done, whole)),
    )

    assert told == [(BATCH_SIZE, total), (total, total)]


def test_a_removed_document_is_not_found_and_can_be_removed_again(passages: PassageIndex) -> None:
    user_id = uuid.uuid4().hex
    document_id = write(passages, user_id, "gone soon")
    kept = write(passages, user_id, "stays")

    passages.remove(document_id)
    passages.remove(document_id)

    assert texts_of(passages, user_id) == ["stays"]
    assert texts_of(passages, user_id, document_id=kept) == ["stays"]


def test_before_anything_was_written_nothing_is_found(qdrant: QdrantServer) -> None:
    settings = load_settings(qdrant.variables())
    fresh = PassageIndex(connect_qdrant(settings.require_qdrant(), settings.aws), HashingEmbedding(dimensions=16))

    fresh.ping()
    fresh.remove(uuid.uuid4())
    assert fresh.search("nobody", "anything", limit=5) == []


@pytest.mark.parametrize("variables", [{"QDRANT_URL": "http://127.0.0.1:1"}, {"QDRANT_API_KEY": "wrong"}])
def test_a_server_that_does_not_answer_us_is_unavailable(qdrant: QdrantServer, variables: dict[str, str]) -> None:
    settings = load_settings({**qdrant.variables(), **variables})
    passages = PassageIndex(connect_qdrant(settings.require_qdrant(), settings.aws), HashingEmbedding())

    with pytest.raises(Unavailable, match="Qdrant"):
        passages.ping()
    with pytest.raises(Unavailable, match="Qdrant"):
        write(passages, "user", "text")
