"""Which requests are traced, and that each trace begins with us."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

QUIET = ("/health", "/metrics", "/version")
FROM_CALLERS = frozenset({b"traceparent", b"tracestate", b"baggage"})


def is_left_out(scope: MutableMapping[str, Any]) -> bool:
    """Whether a request has no span: what the platform asks for itself, and sockets, which live for an hour."""
    return scope["type"] != "http" or str(scope["path"]).startswith(QUIET)


class BeginTraces:
    """Takes a caller's trace off its request: whoever may name one decides that it is kept, and for whom it passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if "headers" in scope:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in FROM_CALLERS]}
        await self._app(scope, receive, send)
