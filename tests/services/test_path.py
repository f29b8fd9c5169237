"""The whole path, with every service as a process: from an upload to the quiz's notification on a WebSocket.

The services are traced, as where a collector is in each task; a last test takes the collector away.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import httpx
import pytest
from tests.support.pdf import pdf_of
from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.services import RELEASE, User
from tests.support.study_platform import CELERY, ROLES, SQS, StudyPlatform, study_platform
from tests.support.study_text import STUDY_TEXT
from tests.support.trace_collector import CollectedSpan, TraceCollector, trace_collector
from tests.support.until import until
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from studyservices.__main__ import main

WAIT_SECONDS = 180.0
EVERY_STEP = [
    "document.uploaded",
    "document.processing",
    "document.processed",
    "indexing.started",
    "indexing.completed",
    "quiz.generation.started",
    "quiz.generated",
]

FLUSH_MILLISECONDS = "200"

TOLD = ["document.processed", "indexing.completed", "quiz.generated"]


@pytest.fixture(scope="module", params=[CELERY, SQS])
def queue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def collector(queue: str) -> Iterator[TraceCollector]:
    with trace_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def platform(
    *,
    queue: str,
    tmp_path_factory: pytest.TempPathFactory,
    valkey_server: ValkeyServer,
    postgres_server: PostgresServer,
    qdrant: QdrantServer,
    moto_server: MotoServer,
    collector: TraceCollector,
) -> Iterator[StudyPlatform]:
    folder = tmp_path_factory.mktemp(f"platform-{queue}")
    valkey_server.empty()
    database = postgres_server.create_database()
    assert main(["migrate"], database.variables()) == 0
    with study_platform(
        folder, queue, valkey=valkey_server, postgres=database, qdrant=qdrant, moto=moto_server
    ) as platform:
        platform.start(*ROLES, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY=FLUSH_MILLISECONDS)
        yield platform


def receive_until(socket: ClientConnection, kinds: Collection[str], events: Collection[str]) -> list[dict[str, Any]]:
    """What a socket receives, up to the last of these notifications and events, in whatever order they come."""
    received: list[dict[str, Any]] = []
    while not (set(kinds) <= set(kinds_in(received)) and set(events) <= set(events_in(received))):
        received.append(json.loads(socket.recv(timeout=WAIT_SECONDS)))
    return received


def events_in(messages: list[dict[str, Any]]) -> list[str]:
    return [message["event"]["event_type"] for message in messages if message["type"] == "event"]


def kinds_in(messages: list[dict[str, Any]]) -> list[str]:
    return [message["notification"]["kind"] for message in messages if message["type"] == "notification"]


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
        received = receive_until(socket, TOLD, EVERY_STEP)

        assert kinds_in(received) == TOLD
        statuses = [
            message["event"]["data"]["status"]
            for message in received
            if message["type"] == "event" and message["event"]["event_type"] == "task.status.update"
        ]
        assert {"queued", "started"} <= set(statuses)

        detail = user.document(document_id)
        assert detail["document"]["status"] == "indexed"
        (quiz,) = detail["quizzes"]
        assert (quiz["status"], len(quiz["questions"])) == ("ready", 2)
        found = user.api.get("/api/search", params={"query": "chlorophyll absorbs light"}).json()["passages"]
        assert found[0]["document_id"] == document_id


def test_a_notification_reaches_the_user_on_whichever_replica_he_is(platform: StudyPlatform) -> None:
    with platform.user() as user:
        other = User(platform["api"].url, platform["notification-2"].url, same_as=user)
        with other, user.socket() as here, other.socket() as there:
            user.upload(STUDY_TEXT.encode())
            received = [kinds_in(receive_until(socket, TOLD[:2], [])) for socket in (here, there)]

    assert received == [TOLD[:2]] * 2


def test_whoever_comes_back_is_told_what_he_missed(platform: StudyPlatform) -> None:
    with platform.user() as user:
        with user.socket("?after=0") as socket:
            user.upload(STUDY_TEXT.encode(), index="false")
            receive_until(socket, TOLD[:1], [])
        seen = user.notification.get("/notifications").json()["notifications"][0]["sequence"]
        user.upload(STUDY_TEXT.encode(), index="false")
        until(lambda: len(user.notification.get("/notifications").json()["notifications"]) == 2, "the notification")
        with user.socket(f"?after={seen}") as socket:
            missed = receive_until(socket, TOLD[:1], [])

    assert kinds_in(missed) == TOLD[:1]
    assert missed[-1]["notification"]["sequence"] > seen


def test_a_browser_opens_its_socket_with_a_token_that_opens_nothing_else(platform: StudyPlatform) -> None:
    with platform.user() as user:
        token = user.notification.post("/notifications/token").json()["token"]
        anonymous = User(platform["api"].url, platform["notification"].url, headers={})
        with anonymous, anonymous.socket(f"?token={token}") as socket:
            assert json.loads(socket.recv(timeout=WAIT_SECONDS))["user_id"] == user.id
            used_elsewhere = anonymous.api.get("/api/documents", headers={"Authorization": f"Bearer {token}"})

    assert used_elsewhere.status_code == 401


@pytest.mark.parametrize("query", ["", "?token=", "?token=a.b.c"])
def test_without_a_token_no_socket_is_opened(platform: StudyPlatform, query: str) -> None:
    anonymous = User(platform["api"].url, platform["notification"].url, headers={})
    with anonymous, pytest.raises(InvalidStatus) as refusal:
        anonymous.socket(query)

    assert refusal.value.response.status_code == 401
    assert refusal.value.response.headers["X-Release"] == RELEASE


def test_every_service_tells_its_release_and_its_metrics(platform: StudyPlatform) -> None:
    for service in platform.services.values():
        version = httpx.get(f"http://127.0.0.1:{service.metrics_port}/version")
        metrics = httpx.get(f"http://127.0.0.1:{service.metrics_port}/metrics")
        assert version.json()["release"] == version.headers["X-Release"] == RELEASE
        assert version.json()["service"] == service.role
        assert "study_" in metrics.text
    assert httpx.get(f"{platform['api'].url}/version").json()["release"] == RELEASE
    assert httpx.get(f"{platform['api'].url}/metrics").status_code == 404


OTLP_SERVER, OTLP_CLIENT = 2, 3
STEPS = {
    ("api", "POST /api/documents"),
    ("outbox-relay", "send studyservices.process_document"),
    ("document", "run/studyservices.process_document"),
    ("outbox-relay", "send studyservices.index_document"),
    ("indexing", "run/studyservices.index_document"),
    ("outbox-relay", "send studyservices.generate_quiz"),
    ("quiz", "run/studyservices.generate_quiz"),
}


def test_one_trace_leads_from_the_upload_to_the_quiz(platform: StudyPlatform, collector: TraceCollector) -> None:
    of_a_caller = "0af7651916cd43dd8448eb211c80319c"
    with platform.user() as user, user.socket() as socket:
        user.api.headers["traceparent"] = f"00-{of_a_caller}-b7ad6b7169203331-01"
        document_id = user.upload(STUDY_TEXT.encode(), "holiday-plans.txt", quiz_questions="1")
        receive_until(socket, TOLD, [])
        assert user.api.get("/api/search", params={"query": "xylophone chlorophyll"}).is_success
    found: list[list[CollectedSpan]] = []

    def has_arrived() -> bool:
        traces = {trace: of_trace(collector, trace) for trace in logged_traces(platform)}
        found.extend(spans for spans in traces.values() if is_whole(spans))
        return found != [] and any(is_call_of_search(collector, span) for span in collector.spans)

    until(has_arrived, "the trace from the upload to the quiz, and that of the search")
    spans = found[-1]

    (beginning,) = [span for span in spans if not span.parent]
    assert (beginning.service, beginning.name, beginning.kind) == ("api", "POST /api/documents", OTLP_SERVER)
    assert beginning.attributes["http.response.status_code"] == 202
    assert {span.resource["service.version"] for span in spans} == {RELEASE}
    assert {("api", "postgresql"), ("api", "redis"), ("document", "postgresql")} <= {
        (span.service, str(span.attributes["db.system"])) for span in spans if "db.system" in span.attributes
    }
    assert {("api", "S3.PutObject"), ("document", "S3.GetObject"), ("document", "S3.PutObject")} <= {
        (span.service, span.name) for span in spans if span.kind == OTLP_CLIENT
    }
    for private in (user.id, document_id, "holiday-plans", "xylophone", "chlorophyll", of_a_caller):
        assert not collector.has_seen(private)
    assert all(span.parent for span in collector.spans if span.kind == OTLP_CLIENT), "nobody traces polls and checks"
    assert not [span for span in collector.spans if "health" in span.name]


def logged_traces(platform: StudyPlatform) -> list[str]:
    """The traces that the API's log lines of uploads lead to."""
    lines = [json.loads(line) for line in platform["api"].log.read_text().splitlines() if line.startswith("{")]
    return [line["trace_id"] for line in lines if line.get("route") == "/api/documents"]


def of_trace(collector: TraceCollector, trace: str) -> list[CollectedSpan]:
    return [span for span in collector.spans if span.trace == trace]


def is_whole(spans: list[CollectedSpan]) -> bool:
    """Whether every step is there, and every span hangs on another one that is."""
    known = {"", *(span.id for span in spans)}
    return {(span.service, span.name) for span in spans} >= STEPS and all(span.parent in known for span in spans)


def is_call_of_search(collector: TraceCollector, span: CollectedSpan) -> bool:
    """Whether this is a call of Qdrant in the course of a search."""
    parents = {each.id: each.name for each in collector.spans}
    return span.kind == OTLP_CLIENT and span.name == "POST" and parents.get(span.parent) == "GET /api/search"


def test_a_collector_that_is_gone_changes_no_answer(platform: StudyPlatform, collector: TraceCollector) -> None:
    collector.close()
    with platform.user() as user, user.socket() as socket:
        user.upload(STUDY_TEXT.encode())
        assert kinds_in(receive_until(socket, TOLD[:2], [])) == TOLD[:2]
        warning = "the collector takes no traces"
        until(lambda: warning in platform["api"].log.read_text(), "the warning that nobody takes traces")
    for service in platform.services.values():
        assert service.is_ready()
        assert service.log.read_text().count(warning) <= 1
        assert "Failed to export" not in service.log.read_text()
