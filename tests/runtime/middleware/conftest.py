"""A small service with the standard middleware around it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Scope
from starlette.websockets import WebSocket

from studyruntime.config import RateLimitSettings, Settings
from studyruntime.errors import ObjectNotFound, RuntimeFailure, Unavailable
from studyruntime.logs import configure_logging, current_correlation_id
from studyruntime.metrics import Metrics
from studyruntime.middleware import BodyRule, caller_of, standard_middleware
from studyruntime.ratelimit import RateLimiter


class Conflict(RuntimeFailure):
    """A failure of the service's own."""


FAILURES: dict[str, Callable[[], Exception]] = {
    "bug": lambda: KeyError("password of ada@example.com"),
    "unavailable": lambda: Unavailable("database", "db.internal:5432 refused"),
    "missing": lambda: ObjectNotFound("uploads", "a/b"),
    "conflict": lambda: Conflict("this is taken", hint="Take another."),
}


async def show(request: Request) -> Response:
    caller = caller_of(request.scope)
    return JSONResponse(
        {"user": caller.user, "address": caller.address, "correlation_id": current_correlation_id()},
        headers={"Server": "secret/1.0", "X-Powered-By": "python"},
    )


async def fail(request: Request) -> Response:
    raise FAILURES[request.path_params["kind"]]()


async def fail_late(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half "
        raise KeyError("the other half")

    return StreamingResponse(pieces())


async def take(request: Request) -> Response:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except Exception:  # noqa: BLE001 - as frameworks do
        return PlainTextResponse("cannot read that", status_code=400)


async def forbid(_request: Request) -> Response:
    return Response(status_code=403)


async def page(_request: Request) -> Response:
    return Response(headers={"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=60"})


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(str(current_correlation_id()))
    await socket.close()


def identify(scope: Scope) -> str | None:
    headers = dict(scope["headers"])
    token: bytes = headers.get(b"authorization", b"")
    return token.decode().removeprefix("Bearer ") or None


@dataclass
class Service:
    """The service, what it logged, and its metrics."""

    client: TestClient
    stream: io.StringIO
    metrics: Metrics
    lines: list[dict[str, Any]] = field(default_factory=list)

    def logged(self, logger: str) -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [entry for entry in entries if entry["logger"] == logger]


ROUTES = [
    Route("/", show),
    Route("/health/live", show),
    Route("/fail/{kind}", fail),
    Route("/late", fail_late),
    Route("/take", take, methods=["POST"]),
    Route("/uploads", take, methods=["POST"]),
    Route("/items/{id}", show, methods=["GET", "DELETE"]),
    Route("/forbidden", forbid),
    Route("/page", page),
    WebSocketRoute("/socket", talk),
]
RULES = (BodyRule("/uploads", 1000, ("application/pdf", "text/*")), BodyRule("/", 100, ("application/json",)))


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    root = logging.getLogger()
    before = root.handlers, root.level

    def start(**options: Any) -> Service:
        settings = Settings(environment=options.pop("environment", "local"))
        stream, metrics = io.StringIO(), Metrics()
        configure_logging(settings, stream)
        limiter = RateLimiter(
            options.pop("limits", RateLimitSettings(per_user=10**6, per_address=10**6, overall=10**6))
        )
        middleware = standard_middleware(
            settings,
            metrics,
            limiter,
            identify,
            body_rules=RULES,
            statuses={Conflict: HTTPStatus.CONFLICT},
            **options,
        )
        app = Starlette(routes=ROUTES, middleware=middleware)
        return Service(TestClient(app, raise_server_exceptions=False), stream, metrics)

    yield start
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def service(serve: Callable[..., Service]) -> Service:
    return serve()
