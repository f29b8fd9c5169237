"""The API over real servers, asked as clients ask it: who may, what is answered, and what is wrong in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx
import pytest
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.services import SIGNING_KEY
from tests.support.study_text import STUDY_TEXT
from tests.support.web_server import serving

from studyruntime.metrics import Metrics
from studyservices.api.application import build_api
from studyservices.assembly import Assembly
from studyservices.surroundings import read_surroundings
from studyservices.tokens import Audience, TokenSigner

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
MAX_UPLOAD_BYTES = 5000
TEXT = {"file": ("notes.txt", STUDY_TEXT.encode(), "text/plain")}


def bearer(user_id: str, audience: Audience = Audience.API, seconds: float = 60) -> dict[str, str]:
    token = TokenSigner(SIGNING_KEY).sign(user_id, audience, lifetime_seconds=seconds)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def variables(
    migrated: EmptyDatabase, qdrant: QdrantServer, valkey: ValkeyServer, buckets: dict[str, str]
) -> dict[str, str]:
    return {
        **migrated.variables(),
        **valkey.variables(),
        **qdrant.variables(),
        **buckets,
        "SESSION_SIGNING_KEY": SIGNING_KEY,
        "MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
        "SERVICE_VERSION": "test-release",
    }


@pytest.fixture
def client(variables: dict[str, str]) -> Iterator[httpx.Client]:
    """A client with the token of a user of its own."""
    with api(variables) as client:
        yield client


@contextmanager
def api(variables: dict[str, str]) -> Iterator[httpx.Client]:
    with (
        Assembly(read_surroundings("api", variables)) as assembly,
        serving(build_api(assembly, Metrics())) as url,
        httpx.Client(base_url=url, headers=bearer("user-1")) as client,
    ):
        yield client


def problem(answer: httpx.Response) -> str:
    """The title of the problem an answer tells."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["title"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Basic dTpw"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x.y.z"},
        bearer("user-1", Audience.WEBSOCKET),
        bearer("user-1", seconds=-1),
    ],
)
def test_without_a_good_token_nothing_is_answered(client: httpx.Client, headers: dict[str, str]) -> None:
    asked = [
        client.get("/api/documents", headers=headers),
        client.post("/api/documents", headers=headers, files=TEXT),
        client.get(f"/api/quizzes/{uuid.uuid4()}", headers=headers),
        client.get("/api/search", params={"query": "x"}, headers=headers),
    ]

    assert {answer.status_code for answer in asked} == {401}
    assert asked[0].headers["WWW-Authenticate"] == "Bearer"
    assert problem(asked[0])


def test_an_upload_is_answered_with_its_document(client: httpx.Client) -> None:
    answer = client.post("/api/documents", files=TEXT, data={"quiz_questions": "3"})

    document = answer.json()
    assert answer.status_code == 202
    assert (document["status"], document["filename"], document["size_bytes"]) == (
        "uploaded",
        "notes.txt",
        len(TEXT["file"][1]),
    )
    detail = client.get(f"/api/documents/{document['id']}").json()
    assert detail["document"] == document
    assert [quiz["question_count"] for quiz in detail["quizzes"]] == [3]
    assert [each["id"] for each in client.get("/api/documents").json()["documents"]] == [document["id"]]


def test_an_upload_sent_again_with_its_key_is_the_same_document(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "once"}
    first = client.post("/api/documents", files=TEXT, headers=key)
    again = client.post("/api/documents", files=TEXT, headers=key)
    other = client.post("/api/documents", files={"file": ("n.txt", b"another text", "text/plain")}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 202)
    assert again.json() == first.json()
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("file", "status"),
    [
        (("a.txt", b"", "text/plain"), 422),
        (("a.txt", b"x" * (MAX_UPLOAD_BYTES + 1), "text/plain"), 413),
        (("a.png", b"png", "image/png"), 415),
    ],
)
def test_a_file_that_is_not_taken_is_refused_in_words(
    client: httpx.Client, file: tuple[str, bytes, str], status: int
) -> None:
    answer = client.post("/api/documents", files={"file": file})

    assert answer.status_code == status
    assert problem(answer)
    assert client.get("/api/documents").json()["documents"] == []


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "/api/documents", {}),
        ("POST", "/api/documents", {"files": TEXT, "data": {"quiz_questions": "-1"}}),
        ("GET", "/api/documents?limit=0", {}),
        ("GET", "/api/documents/not-an-id", {}),
        ("GET", "/api/search", {}),
        ("GET", "/api/search?query=", {}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_name(
    client: httpx.Client, method: str, path: str, options: dict[str, object]
) -> None:
    answer = client.request(method, path, **options)  # type: ignore[arg-type]

    assert answer.status_code == 422
    assert problem(answer) == HTTPStatus(422).phrase
    assert answer.json()["detail"]


def test_what_another_user_has_is_not_there(client: httpx.Client) -> None:
    document_id = client.post("/api/documents", files=TEXT).json()["id"]
    other = bearer("user-2")

    answers = [
        client.get(f"/api/documents/{document_id}", headers=other),
        client.delete(f"/api/documents/{document_id}", headers=other),
        client.post(f"/api/documents/{document_id}/index", headers=other),
        client.post(f"/api/documents/{document_id}/quiz", headers=other),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert client.get(f"/api/documents/{document_id}").status_code == 200


def test_a_quiz_may_be_asked_for_with_and_without_wishes(client: httpx.Client) -> None:
    document_id = client.post("/api/documents", files=TEXT).json()["id"]

    plain = client.post(f"/api/documents/{document_id}/quiz")
    wished = client.post(f"/api/documents/{document_id}/quiz", json={"question_count": 2, "topic": "light"})
    wrong = client.post(f"/api/documents/{document_id}/quiz", json={"question_count": 0})

    assert (plain.status_code, wished.status_code, wrong.status_code) == (202, 202, 422)
    assert (plain.json()["question_count"], plain.json()["topic"]) == (5, None)
    shown = client.get(f"/api/quizzes/{wished.json()['id']}").json()
    assert (shown["question_count"], shown["topic"], shown["status"]) == (2, "light", "waiting")


def test_a_removed_document_is_gone(client: httpx.Client) -> None:
    document_id = client.post("/api/documents", files=TEXT).json()["id"]

    assert client.delete(f"/api/documents/{document_id}").status_code == 204
    assert client.get(f"/api/documents/{document_id}").status_code == 404
    assert client.delete(f"/api/documents/{document_id}").status_code == 404


def test_a_dependency_that_is_away_is_said_without_its_address(variables: dict[str, str]) -> None:
    with api({**variables, "DATABASE_PORT": "1"}) as client:
        answer = client.get("/api/documents")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert problem(answer) == "Service Unavailable"
    assert "127.0.0.1" not in answer.text


def test_every_answer_says_which_release_gave_it_and_may_be_traced(client: httpx.Client) -> None:
    answers = [client.get("/api/documents"), client.get("/nowhere"), client.get("/api/documents/x")]

    assert {answer.headers["X-Release"] for answer in answers} == {"test-release"}
    assert len({answer.headers["X-Correlation-ID"] for answer in answers}) == 3
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
    assert client.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_too_many_requests_of_one_user_are_turned_away(variables: dict[str, str]) -> None:
    with api({**variables, "RATE_LIMIT_USER": "3"}) as client:
        statuses = [client.get("/api/documents").status_code for _ in range(4)]
        others = client.get("/api/documents", headers=bearer("user-2")).status_code

    assert statuses == [200, 200, 200, 429]
    assert others == 200


def test_the_fault_wrong_promises_and_forgets(variables: dict[str, str]) -> None:
    with api({**variables, "STUDY_FAULT": "wrong"}) as client:
        promised = client.post("/api/documents", files=TEXT)

        assert promised.status_code == 202
        assert client.get(f"/api/documents/{promised.json()['id']}").status_code == 404


def test_the_fault_5xx_fails_its_share_of_requests(variables: dict[str, str]) -> None:
    with api({**variables, "STUDY_FAULT": "5xx=0.25"}) as client:
        statuses = [client.get("/api/documents").status_code for _ in range(8)]

    assert sorted(statuses) == [200] * 6 + [500] * 2


def test_the_fault_slow_holds_requests_up(variables: dict[str, str]) -> None:
    with api({**variables, "STUDY_FAULT": "slow=300"}) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/api/documents", timeout=1)
