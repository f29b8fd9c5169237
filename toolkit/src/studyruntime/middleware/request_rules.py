"""Turns away what no route would want: bodies too large or of the wrong type, and targets too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.middleware.problems import send_problem

MAX_TARGET_BYTES = 8192
"""RFC 9110, 4.1, recommends to take at least 8000 octets."""


@dataclass(frozen=True, slots=True)
class BodyRule:
    """What bodies under a path may be. `content_types` are media types without parameters; `text/*` is every text."""

    prefix: str
    max_bytes: int
    content_types: tuple[str, ...]

    def takes(self, content_type: str) -> bool:
        """Whether a body of this type is wanted."""
        media_type = content_type.partition(";")[0].strip().lower()
        return any(
            media_type == wanted or (wanted.endswith("/*") and media_type.startswith(wanted[:-1]))
            for wanted in self.content_types
        )


JSON_ONLY = BodyRule("/", 1_048_576, ("application/json",))


class CheckRequests:
    """The first rule whose prefix fits a path counts. A body is measured while it comes, whatever it says of itself."""

    def __init__(self, app: ASGIApp, rules: Sequence[BodyRule] = (JSON_ONLY,)) -> None:
        self._app = app
        self._rules = (*rules, JSON_ONLY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = next(rule for rule in self._rules if scope["path"].startswith(rule.prefix))
        refusal = _refusal(scope, rule)
        if refusal is not None:
            status, detail = refusal
            await send_problem(scope, send, status, detail)
            return
        await self._count_body(scope, receive, send, rule)

    async def _count_body(self, scope: Scope, receive: Receive, send: Send, rule: BodyRule) -> None:
        body = _Body(receive, send, rule.max_bytes)
        try:
            await self._app(scope, body.receive, body.send)
        except _BodyTooLarge:
            if body.has_begun_answer:
                raise
        if body.is_refused:
            await send_problem(scope, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(rule))


class _Body:
    """Measures a body while it is read, and holds back what the application says of one that is too large."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._remaining_bytes = max_bytes
        self.has_begun_answer = False

    @property
    def is_refused(self) -> bool:
        """Whether the answer is ours to give."""
        return self._remaining_bytes < 0 and not self.has_begun_answer

    async def receive(self) -> Message:
        """The next piece, or an exception that ends the reading. Frameworks may make an answer of their own of it."""
        message = await self._receive()
        self._remaining_bytes -= len(message.get("body", b""))
        if self._remaining_bytes < 0:
            raise _BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, unless the request is refused."""
        if self.is_refused:
            return
        self.has_begun_answer = self.has_begun_answer or message["type"] == "http.response.start"
        await self._send(message)


class _BodyTooLarge(Exception):
    """Raised into whoever reads the body."""


def _refusal(scope: Scope, rule: BodyRule) -> tuple[HTTPStatus, str] | None:
    headers = Headers(scope=scope)
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return HTTPStatus.REQUEST_URI_TOO_LONG, f"The target is longer than {MAX_TARGET_BYTES} bytes."
    length = headers.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        return HTTPStatus.BAD_REQUEST, "Content-Length is no number."
    has_body = "transfer-encoding" in headers or (length is not None and int(length) > 0)
    if not has_body:
        return None
    if length is not None and int(length) > rule.max_bytes:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(rule)
    if not rule.takes(headers.get("content-type", "")):
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"This takes: {', '.join(rule.content_types)}."
    return None


def _too_large(rule: BodyRule) -> str:
    return f"The body is larger than {rule.max_bytes} bytes."
