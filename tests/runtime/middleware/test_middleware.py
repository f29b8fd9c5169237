from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.runtime.middleware.conftest import Service

from studyruntime.config import RateLimitSettings
from studyruntime.logs import Outcome
from studyruntime.metrics.definitions import HTTP_REQUESTS, RATE_LIMITED
from studyruntime.middleware.audit import outcome_of
from studyruntime.middleware.request_rules import BodyRule
from studyruntime.middleware.scope import client_address

Serve = Callable[..., Service]


def test_a_request_has_one_id_from_end_to_end(service: Service) -> None:
    answer = service.client.get("/", headers={"X-Correlation-ID": "request-1"})
    by_other_name = service.client.get("/", headers={"X-Request-ID": "request-2"})
    harmful = service.client.get("/", headers={"X-Correlation-ID": "two words"})

    assert answer.headers["X-Correlation-ID"] == answer.json()["correlation_id"] == "request-1"
    assert by_other_name.headers["X-Correlation-ID"] == "request-2"
    assert harmful.headers["X-Correlation-ID"] == harmful.json()["correlation_id"] != "two words"
    assert [entry["correlation_id"] for entry in service.logged("access")][:2] == ["request-1", "request-2"]


def test_a_socket_has_an_id_too(service: Service) -> None:
    with service.client.websocket_connect("/socket", headers={"X-Correlation-ID": "socket-1"}) as socket:
        assert socket.receive_text() == "socket-1"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/fail/bug", "/fail/missing"])
def test_every_answer_tells_browsers_what_it_is_not_for(service: Service, path: str) -> None:
    headers = service.client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    assert "server" not in headers and "x-powered-by" not in headers


def test_a_page_keeps_its_own_policy_and_the_cloud_insists_on_tls(serve: Serve) -> None:
    headers = serve(environment="cloud").client.get("/page").headers

    assert headers["Content-Security-Policy"] == "default-src 'self'"
    assert headers["Cache-Control"] == "max-age=60"
    assert "max-age=63072000" in headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("kind", "status", "detail"),
    [
        ("missing", 404, "no object 'a/b' in bucket 'uploads'"),
        ("conflict", 409, "this is taken\nTake another."),
        ("unavailable", 503, None),
        ("bug", 500, None),
    ],
)
def test_a_failure_is_a_problem_by_its_kind(service: Service, kind: str, status: int, detail: str | None) -> None:
    answer = service.client.get(f"/fail/{kind}", headers={"X-Correlation-ID": "request-1"})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["correlation_id"], problem.get("detail")) == (status, "request-1", detail)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_what_went_wrong_inside_stays_inside(service: Service) -> None:
    bug, outage = service.client.get("/fail/bug"), service.client.get("/fail/unavailable")

    assert "password" not in bug.text and "KeyError" not in bug.text
    assert "db.internal" not in outage.text
    (entry,) = [e for e in service.logged("studyruntime.middleware.errors") if e["level"] == "error"]
    assert entry["exception"][0]["exc_type"] == "KeyError"
    assert "ada@example.com" not in service.stream.getvalue()


def test_an_answer_that_fails_half_way_is_broken_off(service: Service) -> None:
    with pytest.raises(KeyError):
        TestClient(service.client.app).get("/late")
    (entry,) = [e for e in service.logged("studyruntime.middleware.errors") if e["level"] == "error"]
    assert entry["path"] == "/late"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/take", b"{}", {"content-type": "application/json"}, 200),
        ("/take", b"{}", {"content-type": "application/json; charset=utf-8"}, 200),
        ("/take", b"{}", {"content-type": "text/plain"}, 415),
        ("/take", b"{}", {}, 415),
        ("/take", b"", {}, 200),
        ("/take", b"x" * 100, {"content-type": "application/json"}, 200),
        ("/take", b"x" * 101, {"content-type": "application/json"}, 413),
        ("/uploads", b"x" * 1000, {"content-type": "application/pdf"}, 200),
        ("/uploads", b"x" * 1001, {"content-type": "text/markdown"}, 413),
        ("/uploads", b"x", {"content-type": "application/json"}, 415),
    ],
)
def test_bodies_are_what_their_route_takes(
    service: Service, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = service.client.post(path, content=body, headers=headers)

    assert answer.status_code == status
    if status == 200:
        assert answer.text == str(len(body))
    else:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_lies_about_its_size_is_measured(service: Service) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 10

    answer = service.client.post("/take", content=pieces(), headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is larger than 100 bytes."


def test_nonsense_in_the_frame_of_a_request_is_refused(service: Service) -> None:
    type_of = {"content-type": "application/json"}
    nonsense = service.client.post("/take", content=b"{}", headers={**type_of, "content-length": "two"})
    long_target = service.client.get("/?" + "x" * 9000)

    assert nonsense.status_code == 400
    assert long_target.status_code == 414


@given(st.sampled_from(["application/json", "text/plain", "TEXT/html", "textual/x", "text", ""]), st.text(max_size=5))
def test_a_rule_takes_types_whatever_their_parameters(media_type: str, parameter: str) -> None:
    rule = BodyRule("/", 1, ("application/json", "text/*"))

    assert rule.takes(f"{media_type}; p={parameter}") == (
        media_type.lower() in {"application/json", "text/plain", "text/html"}
    )


LIMITS = RateLimitSettings(per_user=2, per_address=5, overall=100)


def test_too_many_requests_are_refused_and_told_when_to_come_again(serve: Serve) -> None:
    service = serve(limits=LIMITS)
    ada = {"Authorization": "Bearer ada"}

    answers = [service.client.get("/", headers=ada) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    refusal = answers[-1]
    assert 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert refusal.json()["detail"] == "More than 2 requests a minute (user)."
    assert refusal.headers["X-Content-Type-Options"] == "nosniff"
    assert service.metrics.value(RATE_LIMITED, scope="user") == 1
    assert service.client.get("/", headers={"Authorization": "Bearer bob"}).status_code == 200


def test_health_checks_are_never_refused(serve: Serve) -> None:
    service = serve(limits=LIMITS)

    assert {service.client.get("/health/live").status_code for _ in range(20)} == {200}


def test_a_socket_too_many_is_refused(serve: Serve) -> None:
    service = serve(limits=RateLimitSettings(per_user=1, per_address=1, overall=1))
    with service.client.websocket_connect("/socket"):
        pass

    with pytest.raises(WebSocketDisconnect) as refusal, service.client.websocket_connect("/socket"):
        pass
    assert refusal.value.code == 1013


def test_who_calls_is_known_to_the_application(serve: Serve) -> None:
    service = serve(proxies=1)
    headers = {"Authorization": "Bearer ada", "X-Forwarded-For": "6.6.6.6, 8.8.8.8"}

    answer = service.client.get("/", headers=headers).json()

    assert (answer["user"], answer["address"]) == ("ada", "8.8.8.8")


hops = st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=6)


@given(forged=hops, real=hops, proxies=st.integers(1, 3))
def test_what_a_caller_claims_of_its_address_proves_nothing(forged: list[str], real: list[str], proxies: int) -> None:
    own = real[:proxies]
    written = ", ".join([*forged, *own]) if len(own) == proxies else ", ".join(own)
    scope = {"type": "http", "headers": [(b"x-forwarded-for", written.encode())], "client": ("10.0.0.1", 5000)}

    assert client_address(scope, proxies) == (own[0] if len(own) == proxies else "10.0.0.1")
    assert client_address(scope, 0) == "10.0.0.1"


def test_requests_are_logged_by_route_without_what_is_private(service: Service) -> None:
    service.client.get("/items/5?token=hunter2", headers={"Authorization": "Bearer ada"})
    service.client.get("/nowhere")
    service.client.get("/health/live")

    entries = service.logged("access")
    assert [(e["path"], e["route"], e["status"], e["user_id"]) for e in entries] == [
        ("/items/5", "/items/{id}", 200, "ada"),
        ("/nowhere", "unmatched", 404, None),
    ]
    assert "hunter2" not in service.stream.getvalue()
    assert service.metrics.value(HTTP_REQUESTS, method="GET", route="/items/{id}", status="200") == 1
    health = service.metrics.value(HTTP_REQUESTS, method="GET", route="/health/live", status="200")
    assert health == 0, "a balancer that looks is no user"


def test_strange_methods_do_not_make_metrics(service: Service) -> None:
    service.client.request("BREW", "/")

    assert service.metrics.value(HTTP_REQUESTS, method="other", route="/", status="405") == 1


def test_changes_and_denials_are_audited(service: Service) -> None:
    ada = {"Authorization": "Bearer ada", "X-Correlation-ID": "request-1"}
    service.client.delete("/items/5", headers=ada)
    service.client.get("/items/5", headers=ada)
    service.client.get("/forbidden")
    service.client.post("/take", content=b"x", headers={"content-type": "text/plain"})

    told = [(e["actor"], e["event"], e["target"], e["outcome"]) for e in service.logged("audit")]

    assert told == [
        ("ada", "DELETE /items/{id}", "/items/5", "allowed"),
        ("anonymous", "GET /forbidden", "/forbidden", "denied"),
        ("anonymous", "POST unmatched", "/take", "failed"),
    ]
    assert service.logged("audit")[0]["correlation_id"] == "request-1"
    assert service.logged("audit")[0]["log_type"] == "audit"


@given(st.integers(100, 599))
def test_every_status_has_an_outcome(status: int) -> None:
    assert outcome_of(status) is (
        Outcome.DENIED if status in (401, 403) else Outcome.ALLOWED if status < 400 else Outcome.FAILED
    )
