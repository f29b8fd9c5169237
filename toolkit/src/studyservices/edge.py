"""What wraps every answer of a service: which release gave it, and the faults that were asked for."""

from __future__ import annotations

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyservices.fault import ErrorQuota, Fault

RELEASE_HEADER = "X-Release"
HEALTH_PREFIX = "/health"
_STARTS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


class ReleaseHeader:
    """Says with every answer which release gave it, errors and sockets included."""

    def __init__(self, application: ASGIApp, release: str) -> None:
        self._application = application
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""

        async def tell_release(message: Message) -> None:
            if message["type"] in _STARTS:
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[RELEASE_HEADER] = self._release
            await send(message)

        await self._application(scope, receive, tell_release)


class FaultInjection:
    """Lets go wrong what STUDY_FAULT asks for. Slowness and errors spare health and version, as real ones often do."""

    def __init__(self, application: ASGIApp, fault: Fault) -> None:
        self._application = application
        self._fault = fault
        self._quota = ErrorQuota(fault.error_rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        is_request = scope["type"] == "http"
        is_health = is_request and scope["path"].startswith(HEALTH_PREFIX)
        if is_health and self._fault.breaks_health:
            await _failure("health is broken on purpose")(scope, receive, send)
            return
        if is_request and not is_health and scope["path"] != "/version":
            await asyncio.sleep(self._fault.delay_seconds)
            if self._quota.takes_next():
                await _failure("this request fails on purpose")(scope, receive, send)
                return
        await self._application(scope, receive, send)


def _failure(title: str) -> JSONResponse:
    return JSONResponse({"type": "about:blank", "title": title, "status": 500}, 500)
