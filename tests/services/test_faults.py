"""What goes wrong in life: kills in the middle of work, stops in the middle of requests, and faults on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import Database
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.services import Service, User
from tests.support.study_platform import CELERY, StudyPlatform, study_platform
from tests.support.study_text import STUDY_TEXT
from tests.support.until import until

# So long that somebody who looks sees the work being done.
LONG_TEXT = "\n\n".join(f"Part {number}. {STUDY_TEXT}" for number in range(400)).encode()


@pytest.fixture
def platform(
    tmp_path: Path, migrated: Database, valkey: ValkeyServer, qdrant: QdrantServer, moto_server: MotoServer
) -> Iterator[StudyPlatform]:
    """A platform of which nothing runs yet, over empty servers."""
    with study_platform(
        tmp_path, CELERY, valkey=valkey, postgres=migrated, qdrant=qdrant, moto=moto_server
    ) as platform:
        yield platform


def user_of(platform: StudyPlatform) -> User:
    """A user who needs no notifications."""
    return User(platform["api"].url, platform["api"].url)


def has_come_to(user: User, document_id: str, status: str) -> Callable[[], bool]:
    return lambda: user.document(document_id)["document"]["status"] == status


def test_a_child_killed_in_the_middle_of_a_document_is_replaced_and_the_path_goes_on(platform: StudyPlatform) -> None:
    platform.start("api", "outbox-relay", "document", "indexing")
    with user_of(platform) as user:
        document_id = user.upload(LONG_TEXT)
        until(has_come_to(user, document_id, "indexing"), "the index to be begun")
        platform["indexing"].kill_children()
        until(has_come_to(user, document_id, "indexed"), "the index")

        found = user.api.get("/api/search", params={"query": "Part 399", "limit": 50}).json()["passages"]
        assert len({passage["ordinal"] for passage in found}) == len(found)


def test_a_worker_killed_as_a_whole_is_noticed_by_the_scheduler(platform: StudyPlatform) -> None:
    patience: dict[str, Any] = {"STUCK_AFTER_SECONDS": "2", "SCHEDULER_INTERVAL_SECONDS": "0.3", "MAX_ATTEMPTS": "1000"}
    platform.start("api", "outbox-relay", "document", "indexing", "scheduler", **patience)
    with user_of(platform) as user:
        document_id = user.upload(LONG_TEXT)
        until(has_come_to(user, document_id, "indexing"), "the index to be begun")
        platform["indexing"].kill_with_children()
        platform["indexing"].start()

        until(has_come_to(user, document_id, "indexed"), "the index")


def test_a_relay_killed_again_and_again_loses_nothing(platform: StudyPlatform) -> None:
    platform.start("api", "document", "outbox-relay", OUTBOX_LEASE_SECONDS="2")
    with user_of(platform) as user:
        documents: list[str] = []
        for _ in range(4):
            documents += [user.upload(STUDY_TEXT.encode(), index="false") for _ in range(5)]
            platform["outbox-relay"].kill_with_children()
            platform["outbox-relay"].start()

        for document_id in documents:
            until(has_come_to(user, document_id, "processed"), f"document {document_id}")


def test_a_worker_that_is_told_to_stop_finishes_what_it_began(platform: StudyPlatform) -> None:
    platform.start("api", "outbox-relay")
    platform.start("document", STUDY_FAULT="slow=2")
    with user_of(platform) as user:
        document_id = user.upload(STUDY_TEXT.encode(), index="false")
        log = platform["document"].log
        until(lambda: b"held up on purpose" in log.read_bytes(), "the task to be begun")
        platform["document"].ask_to_stop()

        assert platform["document"].exit_code() == 0
        assert user.document(document_id)["document"]["status"] == "processed"


def test_a_service_that_is_told_to_stop_answers_what_it_was_asked(platform: StudyPlatform) -> None:
    platform.start("api", STUDY_FAULT="slow=2", DRAIN_SECONDS="1")
    api, answers = platform["api"], list[int]()
    with user_of(platform) as user:
        asking = threading.Thread(target=lambda: answers.append(user.api.get("/api/documents").status_code))
        asking.start()
        until(lambda: "study_http" in httpx.get(f"http://127.0.0.1:{api.metrics_port}/metrics").text, "the request")
        api.ask_to_stop()
        until(lambda: api.health("ready", api.port) in (0, 503), "it to be not ready")
        asking.join()

    assert answers == [200]
    assert api.exit_code() == 0


@pytest.mark.parametrize("role", ["outbox-relay", "scheduler", "notification"])
def test_whoever_waits_stops_at_once_and_in_order(platform: StudyPlatform, role: str) -> None:
    platform.start(role)
    platform[role].ask_to_stop()

    assert platform[role].exit_code() == 0


def test_broken_health_is_told_on_every_port_while_everything_else_works(platform: StudyPlatform) -> None:
    def is_broken(api: Service) -> bool:
        return {api.health("ready", port) for port in (api.port, api.metrics_port)} == {500}

    platform.start("api", is_ready=is_broken, STUDY_FAULT="health_500")
    api = platform["api"]

    assert {api.health(kind, port) for kind in ("live", "ready") for port in (api.port, api.metrics_port)} == {500}
    with user_of(platform) as user:
        assert user.upload(STUDY_TEXT.encode())


def test_a_worker_that_is_wrong_acknowledges_and_does_nothing(platform: StudyPlatform) -> None:
    platform.start("api", "outbox-relay")
    platform.start("document", STUDY_FAULT="wrong")
    with user_of(platform) as user:
        document_id = user.upload(STUDY_TEXT.encode())
        log = platform["document"].log
        until(lambda: b"not done on purpose" in log.read_bytes(), "the task to be acknowledged")

        assert user.document(document_id)["document"]["status"] == "uploaded"
        assert platform["document"].health("ready") == 200
