"""What the middleware tell each other about a request: who calls, and which route it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_KEY = "studyruntime.caller"
Identify = Callable[[Scope], str | None]
"""The id of the user that a request proves to come from, or None. What is merely claimed is no proof."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and from where."""

    user: str | None
    address: str | None


def caller_of(scope: Scope) -> Caller:
    """Who calls; nobody known where `IdentifyCaller` did not run."""
    caller = scope.get(_KEY)
    return caller if isinstance(caller, Caller) else Caller(None, None)


def route_of(scope: Scope) -> str:
    """The route's template, such as `/documents/{id}`, so that it takes few values. Only known after the route ran."""
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "unmatched"


def client_address(scope: Scope, proxies: int) -> str | None:
    """The address of whoever speaks to the outermost of our own `proxies`.

    Each proxy appends whom it heard from to X-Forwarded-For, so the one our outermost proxy heard from is `proxies`
    entries from the end. What stands before that was written by the caller and proves nothing.
    """
    if proxies > 0:
        hops = [hop.strip() for value in Headers(scope=scope).getlist("x-forwarded-for") for hop in value.split(",")]
        if len(hops) >= proxies:
            return hops[-proxies] or None
    client = scope.get("client")
    return client[0] if client else None


class IdentifyCaller:
    """Finds out once who calls, for everything inside."""

    def __init__(self, app: ASGIApp, identify: Identify, proxies: int = 0) -> None:
        self._app = app
        self._identify = identify
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] in ("http", "websocket"):
            scope[_KEY] = Caller(self._identify(scope), client_address(scope, self._proxies))
        await self._app(scope, receive, send)
