"""The whole path, with every service as a process: from an upload to the quiz's notification on a WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.pdf import pdf_of
from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.study_platform import CELERY, ROLES, SQS, StudyPlatform, study_platform
from tests.support.study_text import STUDY_TEXT
from websockets.sync.client import ClientConnection

from studyservices.__main__ import main

WAIT_SECONDS = 60.0
EVERY_STEP = [
    "document.uploaded",
    "document.processing",
    "document.processed",
    "indexing.started",
    "indexing.completed",
    "quiz.generation.started",
    "quiz.generated",
]


@pytest.fixture(scope="module", params=[CELERY, SQS])
def platform(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    qdrant: QdrantServer,
    moto_server: MotoServer,
) -> Iterator[StudyPlatform]:
    folder = tmp_path_factory.mktemp(f"platform-{request.param}")
    valkey = ValkeyServer(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    database = postgres_server.create_database()
    assert main(["migrate"], database.variables()) == 0
    with study_platform(
        folder, request.param, valkey=valkey, postgres=database, qdrant=qdrant, moto=moto_server
    ) as platform:
        platform.start(*ROLES)
        yield platform
    valkey.stop()


def messages_until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    """What a socket receives, up to the notification of `kind`."""
    received: list[dict[str, Any]] = []
    while not received or received[-1].get("notification", {}).get("kind") != kind:
        received.append(json.loads(socket.recv(timeout=WAIT_SECONDS)))
    return received


@pytest.mark.parametrize(
    ("data", "name", "content_type"),
    [
        (STUDY_TEXT.encode(), "notes.txt", "text/plain"),
        (pdf_of(STUDY_TEXT.split("\n\n")[:2]), "notes.pdf", "application/pdf"),
    ],
)
def test_from_upload_to_the_quiz_on_a_socket(
    platform: StudyPlatform, data: bytes, name: str, content_type: str
) -> None:
    with platform.user() as user, user.socket() as socket:
        assert json.loads(socket.recv(timeout=WAIT_SECONDS))["type"] == "hello"
        document_id = user.upload(data, name, content_type, quiz_questions="2")
        received = messages_until(socket, "quiz.generated")

        events = [message["event"]["event_type"] for message in received if message["type"] == "event"]
        told = [message["notification"]["kind"] for message in received if message["type"] == "notification"]
        assert [each for each in events if each in EVERY_STEP] == EVERY_STEP
        assert told == ["document.processed", "indexing.completed", "quiz.generated"]

        detail = user.document(document_id)
        assert detail["document"]["status"] == "indexed"
        (quiz,) = detail["quizzes"]
        assert (quiz["status"], len(quiz["questions"])) == ("ready", 2)
        found = user.api.get("/api/search", params={"query": "chlorophyll absorbs light"}).json()["passages"]
        assert found[0]["document_id"] == document_id
