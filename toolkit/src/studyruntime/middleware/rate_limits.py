"""Refuses requests that are too many, and says when to come again."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.logs import get_logger
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import RATE_LIMITED
from studyruntime.middleware.problems import send_problem
from studyruntime.middleware.scope import caller_of
from studyruntime.ratelimit import RateLimiter, RateVerdict

_log = get_logger(__name__)

FREE = ("/health", "/metrics", "/version")


class LimitRates:
    """Counts by user, by address and for everyone. Stands inside of `IdentifyCaller`.

    Answers carry RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (draft-ietf-httpapi-ratelimit-headers-06) of
    the limit that is nearest; a refusal carries Retry-After (RFC 9110). `free` paths are neither counted nor refused.
    """

    def __init__(self, app: ASGIApp, limiter: RateLimiter, metrics: Metrics, free: tuple[str, ...] = FREE) -> None:
        self._app = app
        self._limiter = limiter
        self._metrics = metrics
        self._free = free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(self._free):
            await self._app(scope, receive, send)
            return
        caller = caller_of(scope)
        verdict = await self._limiter.check(user=caller.user, address=caller.address)
        headers = _headers(verdict)
        if not verdict.is_allowed:
            self._metrics.count(RATE_LIMITED, scope=verdict.scope)
            _log.info("too many requests", scope=verdict.scope, user_id=caller.user, client=caller.address)
            headers["retry-after"] = str(verdict.reset_after_seconds)
            detail = f"More than {verdict.limit} requests a minute ({verdict.scope})."
            await send_problem(scope, send, HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers)
            return

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, add_headers)


def _headers(verdict: RateVerdict) -> dict[str, str]:
    return {
        "ratelimit-limit": str(verdict.limit),
        "ratelimit-remaining": str(verdict.remaining),
        "ratelimit-reset": str(verdict.reset_after_seconds),
    }
