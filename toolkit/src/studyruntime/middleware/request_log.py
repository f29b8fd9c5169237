"""One log entry for each request, and its metrics."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.logs import get_logger
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import HTTP_REQUESTS, HTTP_SECONDS
from studyruntime.middleware.scope import caller_of, route_of

_log = get_logger("access")

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ANSWER = 499
"""What nginx calls a request whose client went away before it was answered."""


class LogRequests:
    """Says who asked for what and what came of it. Neither queries nor bodies are logged: they may be private.

    Requests for `quiet` paths, such as health checks, are no requests of users: they are not counted, as CloudWatch's
    balancer does not count them, and logged only when they fail. What they find has metrics of its own.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, quiet: tuple[str, ...] = ("/health", "/metrics")) -> None:
        self._app = app
        self._metrics = metrics
        self._quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, seconds = time.perf_counter(), NO_ANSWER, None

        async def note_status(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - started
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._tell(scope, status, time.perf_counter() - started if seconds is None else seconds)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        route = route_of(scope)
        if scope["path"].startswith(self._quiet):
            if status < 400:  # noqa: PLR2004
                return
        else:
            self._metrics.count(HTTP_REQUESTS, method=method, route=route, status=str(status))
            self._metrics.observe(HTTP_SECONDS, seconds, method=method, route=route)
        caller = caller_of(scope)
        _log.info(
            "request",
            method=method,
            path=scope["path"],
            route=route,
            status=status,
            seconds=round(seconds, 4),
            user_id=caller.user,
            client=caller.address,
        )
