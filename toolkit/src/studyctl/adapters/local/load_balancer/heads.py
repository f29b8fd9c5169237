"""The heads of HTTP/1.1 messages: read strictly, changed as a proxy must, and where their bodies end (RFC 9112).

A message that two readers could understand differently is refused: that is how requests are smuggled.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

Headers = tuple[tuple[str, str], ...]

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rf"({_WORD}) ([!-~]+) HTTP/1\.([01])")
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-5][0-9]{2})(?: (.*))?")
_HEADER = re.compile(rf"({_WORD}):[ \t]*(.*?)[ \t]*")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)

# What concerns one connection only (RFC 9110, 7.6.1); what the Connection header names comes on top.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "upgrade", "http2-settings"})

CONTINUE, SWITCHING, NO_CONTENT, NOT_MODIFIED = 100, 101, 204, 304


class BadHead(Exception):
    """Not a head that can be understood in one way only."""


class BodyKind(enum.Enum):
    """How a body ends."""

    LENGTH = "after so many bytes"
    CHUNKED = "with an empty chunk"
    UNTIL_CLOSE = "with the connection"


@dataclass(frozen=True)
class Body:
    """Where a message's body ends."""

    kind: BodyKind
    length: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing follows the head."""
        return self.kind is BodyKind.LENGTH and self.length == 0


NO_BODY = Body(BodyKind.LENGTH)


@dataclass(frozen=True)
class Head:
    """What both kinds of head have."""

    minor_version: int
    headers: Headers

    def values(self, name: str) -> list[str]:
        """All values of a header by its name in lower case, lists taken apart."""
        found = [value for key, value in self.headers if key.lower() == name]
        return [part.strip() for value in found for part in value.split(",") if part.strip()]

    def value(self, name: str) -> str | None:
        """The first value of a header, as it stands."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def keeps_connection(self) -> bool:
        """Whether the connection stays open after this message."""
        words = {word.lower() for word in self.values("connection")}
        return "close" not in words if self.minor_version else "keep-alive" in words

    def _framing(self) -> Body | None:
        """What the headers say of the body; None when they say nothing."""
        codings = [coding.lower() for coding in self.values("transfer-encoding")]
        lengths = set(self.values("content-length"))
        if codings:
            if codings != ["chunked"] or lengths or not self.minor_version:
                raise BadHead("a body whose end is said in two ways, or in none that is known")
            return Body(BodyKind.CHUNKED)
        if not lengths:
            return None
        length = lengths.pop()
        if lengths or not re.fullmatch(r"[0-9]{1,18}", length):
            raise BadHead("a content length that is no number")
        return Body(BodyKind.LENGTH, int(length))

    def _end_to_end(self) -> Iterator[tuple[str, str]]:
        named = {word.lower() for word in self.values("connection")}
        return ((name, value) for name, value in self.headers if name.lower() not in HOP_BY_HOP | named)


@dataclass(frozen=True)
class RequestHead(Head):
    """What a client asks for."""

    method: str
    target: str

    @property
    def path(self) -> str:
        """What is asked for, without host and query; never empty."""
        if self.target == "*":
            return "*"
        return _ABSOLUTE.sub("", self.target, count=1).partition("?")[0] or "/"

    @property
    def body(self) -> Body:
        """Where its body ends: a request that says nothing has none."""
        return self._framing() or NO_BODY

    @property
    def wants_upgrade(self) -> bool:
        """Whether the connection is to become something else, such as a WebSocket."""
        return bool(self.values("upgrade")) and "upgrade" in (word.lower() for word in self.values("connection"))

    def forwarded(self, client: str, port: int) -> RequestHead:
        """As the target gets it: from a connection of its own, with the client's address."""
        chain = ", ".join([*self.values("x-forwarded-for"), client])
        replaced = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"}
        kept = [(name, value) for name, value in self._end_to_end() if name.lower() not in replaced]
        connection = [("Connection", "close")]
        if self.wants_upgrade:
            connection = [("Connection", "upgrade"), *(("Upgrade", word) for word in self.values("upgrade"))]
        added = [("X-Forwarded-For", chain), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Port", str(port))]
        return replace(self, minor_version=1, headers=(*kept, *added, *connection))

    def encode(self) -> bytes:
        """As it is sent."""
        return _encode(f"{self.method} {self.target} HTTP/1.{self.minor_version}", self.headers)


@dataclass(frozen=True)
class ResponseHead(Head):
    """What a target answers."""

    status: int
    reason: str

    @property
    def is_interim(self) -> bool:
        """Whether another head follows."""
        return self.status < 200 and self.status != SWITCHING  # noqa: PLR2004  the class of interim answers

    def body_for(self, method: str) -> Body:
        """Where its body ends, which depends on what was asked."""
        framing = self._framing()
        if method == "HEAD" or self.is_interim or self.status in {SWITCHING, NO_CONTENT, NOT_MODIFIED}:
            return NO_BODY
        return framing or Body(BodyKind.UNTIL_CLOSE)

    def returned(self, *, keep: bool) -> ResponseHead:
        """As the client gets it, on a connection that is kept or not."""
        if self.status == SWITCHING:
            connection = [("Connection", "upgrade"), *(("Upgrade", word) for word in self.values("upgrade"))]
        else:
            connection = [("Connection", "keep-alive" if keep else "close")]
        return replace(self, minor_version=1, headers=(*self._end_to_end(), *connection))

    def encode(self) -> bytes:
        """As it is sent."""
        return _encode(f"HTTP/1.{self.minor_version} {self.status} {self.reason}", self.headers)


def parse_request(raw: bytes) -> RequestHead:
    """Read a request's head, its empty line included.

    Raises:
        BadHead: it is none, or its body's end is not certain.
    """
    first, headers = _split(raw)
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        raise BadHead("no request line")
    head = RequestHead(int(found[3]), headers, found[1], found[2])
    if head.minor_version and len([name for name, _ in headers if name.lower() == "host"]) != 1:
        raise BadHead("not exactly one Host")
    head._framing()
    return head


def parse_response(raw: bytes) -> ResponseHead:
    """Read an answer's head, its empty line included.

    Raises:
        BadHead: it is none, or its body's end is not certain.
    """
    first, headers = _split(raw)
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise BadHead("no status line")
    head = ResponseHead(int(found[1]), headers, int(found[2]), found[3] or "")
    head._framing()
    return head


def parse_chunk_size(line: bytes) -> int:
    """The size that a chunk's first line says; extensions are ignored.

    Raises:
        BadHead: it says none.
    """
    found = re.fullmatch(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n", line)
    if found is None:
        raise BadHead("no chunk size")
    return int(found[1], 16)


def _split(raw: bytes) -> tuple[str, Headers]:
    lines = raw.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
    return lines[0], tuple(_parse_headers(lines[1:]))


def _parse_headers(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or any(character in found[2] for character in "\r\n\0"):
            raise BadHead("a header line that is none")
        yield found[1], found[2]


def _encode(first: str, headers: Headers) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")
