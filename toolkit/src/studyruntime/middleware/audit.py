"""An audit entry for each request that changes something, or that was denied."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.logs import AuditEntry, AuditLog, Outcome
from studyruntime.middleware.scope import caller_of, route_of

READING = frozenset({"GET", "HEAD", "OPTIONS"})
DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
ANONYMOUS = "anonymous"


class AuditRequests:
    """Writes who did what to what. Stands inside of `IdentifyCaller`, around the application."""

    def __init__(self, app: ASGIApp, log: AuditLog | None = None) -> None:
        self._app = app
        self._log = log or AuditLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            if scope["method"] not in READING or status in DENIED:
                self._record(scope, status)

    def _record(self, scope: Scope, status: int) -> None:
        caller = caller_of(scope)
        self._log.record(
            AuditEntry(
                actor=caller.user or ANONYMOUS,
                action=f"{scope['method']} {route_of(scope)}",
                target=scope["path"],
                outcome=outcome_of(status),
                details={"status": status, "client": caller.address},
            )
        )


def outcome_of(status: int) -> Outcome:
    """How a request ended, by the status of its answer."""
    if status in DENIED:
        return Outcome.DENIED
    return Outcome.ALLOWED if status < HTTPStatus.BAD_REQUEST else Outcome.FAILED
