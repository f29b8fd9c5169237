"""Headers that tell browsers what an answer of ours may never be used for (OWASP Secure Headers Project)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""For an API. What the application sets itself is left as it is: a page with scripts has a policy of its own."""

STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
"""Only behind TLS: on a laptop it would lock the browser out of every other local server."""


class SecureHeaders:
    """Adds the headers to every answer and takes out what names the server's software."""

    def __init__(self, app: ASGIApp, *, has_tls: bool, overrides: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = {**HEADERS, **(STRICT_TRANSPORT if has_tls else {}), **(overrides or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                for name in ("server", "x-powered-by"):
                    if name in headers:
                        del headers[name]
            await send(message)

        await self._app(scope, receive, add_headers)
