"""A proxy before the emulator that plays what networks and AWS do on bad days, to the calls that a test names."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

HOST = "127.0.0.1"
UPSTREAM_SECONDS = 120
PER_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Everything that tells which call it is."""
        target = self.headers.get("X-Amz-Target", "")
        return f"{self.method} {self.path} {target}\n{self.body.decode(errors='replace')}"


@dataclass(frozen=True)
class Answer:
    """What goes back. `declared_bytes` is a length that is told although there is less."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_bytes: int | None = None


class ConnectionCut(Exception):
    """The connection is reset instead of answered."""


Forward = Callable[[Call], Answer]
Effect = Callable[[Call, Forward], Answer]


@dataclass
class Fault:
    """One effect on the calls whose text holds all `words`, as often as `times` says; `hits` counts all such calls."""

    words: tuple[str, ...]
    effect: Effect
    times: int | None
    hits: int = 0

    def takes(self, call: Call) -> bool:
        """Whether this call is one of those, counting it."""
        if not all(word in call.text for word in self.words):
            return False
        self.hits += 1
        return self.times is None or self.hits <= self.times


@dataclass
class FaultProxy:
    """Forwards to `upstream_port` every call that no fault takes; the first fault that matches takes it.

    `upstream_tls` is what to trust there, where that takes TLS. The proxy itself takes none.
    """

    upstream_port: int
    upstream_tls: ssl.SSLContext | None = None
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{HOST}:{self.port}"

    def plays(self, effect: Effect, *words: str, times: int | None = 1) -> Fault:
        """From now on calls with all of `words` get `effect`; None: for ever."""
        fault = Fault(words, effect, times)
        with self._guard:
            self.faults.append(fault)
        return fault

    def heals(self) -> None:
        """Forward everything again."""
        with self._guard:
            self.faults.clear()

    def answer(self, call: Call) -> Answer:
        """The answer to one call."""
        with self._guard:
            taken = next((fault for fault in self.faults if fault.takes(call)), None)
        return taken.effect(call, self.forward) if taken else self.forward(call)

    def forward(self, call: Call) -> Answer:
        """What the emulator answers."""
        if self.upstream_tls is None:
            upstream = http.client.HTTPConnection(HOST, self.upstream_port, timeout=UPSTREAM_SECONDS)
        else:
            trusted = self.upstream_tls
            upstream = http.client.HTTPSConnection(HOST, self.upstream_port, timeout=UPSTREAM_SECONDS, context=trusted)
        try:
            kept = {name: value for name, value in call.headers.items() if name.lower() not in PER_HOP}
            upstream.request(call.method, call.path, body=call.body, headers=kept | {"Connection": "close"})
            found = upstream.getresponse()
            body = found.read()
            headers = {name: value for name, value in found.getheaders() if name.lower() not in PER_HOP}
            length = found.getheader("Content-Length") if call.method == "HEAD" else None
            return Answer(found.status, body, headers, int(length) if length else None)
        finally:
            upstream.close()


@contextmanager
def fault_proxy(upstream_port: int, upstream_tls: ssl.SSLContext | None = None) -> Iterator[FaultProxy]:
    """A proxy that lives for the body."""
    opened = FaultProxy(upstream_port, upstream_tls)

    class Handler(_Handler):
        proxy = opened

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True  # a held call must not keep the session from ending
    opened.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ClassVar[FaultProxy]

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
        try:
            answer = self.proxy.answer(Call(self.command, self.path, dict(self.headers.items()), body))
        except ConnectionCut:
            # closing with nothing to linger for is what sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        declared = len(answer.body) if answer.declared_bytes is None else answer.declared_bytes
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(declared))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            self.close_connection = declared != len(answer.body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


def answers(status: int, body: str = "", **headers: str) -> Effect:
    """Answer so, whatever was asked; nothing arrives."""
    found = Answer(status, body.encode(), {name.replace("_", "-"): value for name, value in headers.items()})
    return lambda _call, _forward: found


def fails(status: int, code: str, message: str = "played") -> Effect:
    """Answer with an error of AWS, in JSON for services that speak it and in XML for S3 and the query services."""

    def effect(call: Call, _forward: Forward) -> Answer:
        if "X-Amz-Target" in call.headers:
            body = f'{{"__type":"{code}","message":"{message}"}}'
            return Answer(status, body.encode(), {"Content-Type": "application/x-amz-json-1.1"})
        inner = f"<Code>{code}</Code><Message>{message}</Message>"
        if call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            inner = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error></ErrorResponse>"
        else:
            inner = f"<Error>{inner}</Error>"
        return Answer(status, inner.encode(), {"Content-Type": "application/xml"})

    return effect


def cut_before(_call: Call, _forward: Forward) -> Answer:
    """Reset the connection; nothing arrives."""
    raise ConnectionCut


def cut_after(call: Call, forward: Forward) -> Answer:
    """Let the call do its work and lose the answer."""
    forward(call)
    raise ConnectionCut


def truncated(call: Call, forward: Forward) -> Answer:
    """Let the call do its work and send half of the answer."""
    whole = forward(call)
    return Answer(whole.status, whole.body[: len(whole.body) // 2], whole.headers, max(2, len(whole.body)))


def late(seconds: float) -> Effect:
    """Answer so much later."""

    def effect(call: Call, forward: Forward) -> Answer:
        threading.Event().wait(seconds)
        return forward(call)

    return effect


def stale(call: Call, forward: Forward) -> Effect:
    """Answer from now on what `call` is answered now, as a store that is only eventually consistent may."""
    old = forward(call)
    return lambda _call, _forward: old


@dataclass
class Held:
    """Never answers; `arrived` is set by the first call, `ended` lets all of them go."""

    arrived: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _call: Call, _forward: Forward) -> Answer:
        self.arrived.set()
        self.ended.wait(UPSTREAM_SECONDS * 5)
        raise ConnectionCut
