"""Documents that are looked at again and again: kept, shared, and forgotten with every change, whoever makes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from tests.services.test_library import USER, new_document
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.valkey import ValkeyServer
from tests.support.until import until

from studyruntime.cache import CacheManager
from studyruntime.config import load_settings
from studyruntime.database import Database
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import CACHE_REQUESTS
from studyservices.api.details import DocumentDetails, forget_changed
from studyservices.api.library import Library, NoSuchThing
from studyservices.models import Document
from studyservices.work.journal import Journal

DOCUMENT = uuid.UUID(int=1)


class Process:
    """What a process of the platform has: a database and a cache of its own."""

    def __init__(self, migrated: EmptyDatabase, valkey: ValkeyServer, journal: Journal) -> None:
        self.metrics = Metrics()
        self.database = Database(load_settings(migrated.variables()).require_database())
        self.cache = CacheManager(load_settings(valkey.variables()).require_broker(), metrics=self.metrics)
        self.database.hear_changes(partial(forget_changed, self.cache))
        self.library = Library(self.database, journal)
        self.details = DocumentDetails(self.library, self.cache)

    def close(self) -> None:
        self.cache.close()
        self.database.close()

    def reads(self, result: str) -> float:
        return sum(self.metrics.value(CACHE_REQUESTS, level=level, result=result) for level in ("first", "second"))


@pytest.fixture
def api(migrated: EmptyDatabase, valkey: ValkeyServer, journal: Journal) -> Iterator[Process]:
    with closing(Process(migrated, valkey, journal)) as process:
        yield process


@pytest.fixture
def worker(migrated: EmptyDatabase, valkey: ValkeyServer, journal: Journal) -> Iterator[Process]:
    with closing(Process(migrated, valkey, journal)) as process:
        yield process


def test_who_asks_again_is_answered_from_the_cache(api: Process, worker: Process) -> None:
    api.library.add(new_document())
    first = api.details.show(USER, DOCUMENT)
    misses = api.reads("miss")

    assert [api.details.show(USER, DOCUMENT) for _ in range(5)] == [first] * 5
    assert api.reads("miss") == misses
    assert api.reads("hit") >= 5
    assert worker.details.show(USER, DOCUMENT) == first, "another process has it from the second level"
    assert worker.reads("miss") == 0


def test_a_change_by_another_process_is_seen(api: Process, worker: Process) -> None:
    api.library.add(new_document())
    assert api.details.show(USER, DOCUMENT).document.failure is None
    with worker.database.primary_session() as session:
        session.get_one(Document, DOCUMENT).failure = "It cannot be read."

    until(lambda: api.details.show(USER, DOCUMENT).document.failure, "the change")


def test_a_quiz_is_a_change_of_its_document(api: Process) -> None:
    api.library.add(new_document())
    assert api.details.show(USER, DOCUMENT).quizzes == ()
    quiz = api.library.request_quiz(USER, DOCUMENT, question_count=3, topic=None)

    assert api.details.show(USER, DOCUMENT).quizzes == (quiz,)


def test_a_change_that_was_not_committed_is_none(api: Process) -> None:
    api.library.add(new_document())
    api.details.show(USER, DOCUMENT)
    misses = api.reads("miss")
    with pytest.raises(ZeroDivisionError), api.database.primary_session() as session:
        session.get_one(Document, DOCUMENT).failure = "It cannot be read."
        session.flush()
        raise ZeroDivisionError

    assert api.details.show(USER, DOCUMENT).document.failure is None
    assert api.reads("miss") == misses


def test_nobody_sees_what_is_kept_for_another(api: Process) -> None:
    api.library.add(new_document())
    api.details.show(USER, DOCUMENT)

    with pytest.raises(NoSuchThing, match=str(DOCUMENT)):
        api.details.show("somebody else", DOCUMENT)


def test_that_there_is_none_is_not_kept_and_neither_is_what_was_removed(api: Process) -> None:
    with pytest.raises(NoSuchThing):
        api.details.show(USER, DOCUMENT)
    api.library.add(new_document())
    assert api.details.show(USER, DOCUMENT).document.id == DOCUMENT
    api.library.remove(USER, DOCUMENT)
    with pytest.raises(NoSuchThing):
        api.details.show(USER, DOCUMENT)
