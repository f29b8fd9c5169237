"""What the services add to the runtime's middleware: which release answers, and the faults that were asked for."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.middleware.problems import send_problem
from studyservices.fault import ErrorQuota, Fault

RELEASE_HEADER = "X-Release"
SPARED = ("/health", "/version")
_STARTS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


class ReleaseHeader:
    """Says with every answer which release gave it, errors and sockets included."""

    def __init__(self, app: ASGIApp, release: str) -> None:
        self._app = app
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""

        async def tell_release(message: Message) -> None:
            if message["type"] in _STARTS:
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[RELEASE_HEADER] = self._release
            await send(message)

        await self._app(scope, receive, tell_release)


class FaultInjection:
    """Lets requests be slow or fail as STUDY_FAULT asks. Health and version are spared, as by many a real fault.

    Stands inside of the middleware that counts, so that what it does is seen where real faults are seen.
    """

    def __init__(self, app: ASGIApp, fault: Fault) -> None:
        self._app = app
        self._fault = fault
        self._quota = ErrorQuota(fault.error_rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] == "http" and not scope["path"].startswith(SPARED):
            await asyncio.sleep(self._fault.delay_seconds)
            if self._quota.takes_next():
                await send_problem(scope, send, HTTPStatus.INTERNAL_SERVER_ERROR, "This request fails on purpose.")
                return
        await self._app(scope, receive, send)
