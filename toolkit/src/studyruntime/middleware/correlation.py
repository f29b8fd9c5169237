"""Gives each request a correlation id: the caller's, if it is harmless, else a new one."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.logs import accept_correlation_id, correlated

HEADER = "X-Correlation-ID"
ACCEPTED = (HEADER, "X-Request-ID")


class CorrelateRequests:
    """Everything a request leads to, in this service and in those that handle its events, has the same id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id = accept_correlation_id(next((headers[name] for name in ACCEPTED if name in headers), None))

        async def tell(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[HEADER] = correlation_id
            await send(message)

        with correlated(correlation_id):
            await self._app(scope, receive, tell)
