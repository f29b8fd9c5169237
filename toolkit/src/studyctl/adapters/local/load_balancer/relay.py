"""One client's connection: its requests one after another, each to the target that the table chooses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from studyctl.adapters.local.load_balancer import streams
from studyctl.adapters.local.load_balancer.heads import (
    SWITCHING,
    BadHead,
    BodyKind,
    RequestHead,
    ResponseHead,
    parse_request,
    parse_response,
)
from studyctl.adapters.local.load_balancer.table import Choice, Table
from studyctl.adapters.local.ports import HOST

CONNECT_SECONDS = 10.0

BAD_REQUEST, NOT_FOUND, HEAD_TOO_LONG, CLIENT_LEFT = 400, 404, 431, 460
BAD_GATEWAY, NOBODY, GATEWAY_TIMEOUT = 502, 503, 504
REASONS = {
    BAD_REQUEST: "Bad Request",
    NOT_FOUND: "Not Found",
    HEAD_TOO_LONG: "Request Header Fields Too Large",
    BAD_GATEWAY: "Bad Gateway",
    NOBODY: "Service Unavailable",
    GATEWAY_TIMEOUT: "Gateway Timeout",
}


@dataclass(frozen=True)
class Exchange:
    """What came of a request. `keeps` is whether the client's connection can take another one."""

    status: int
    keeps: bool = False
    is_answered: bool = True
    """False: the client has not been told yet."""


@dataclass(frozen=True)
class Client:
    """The connection that requests come on."""

    reader: StreamReader
    writer: StreamWriter

    @property
    def address(self) -> str:
        """Whose it is."""
        peer = self.writer.get_extra_info("peername")
        return str(peer[0]) if peer else "unknown"


@dataclass(frozen=True)
class Relay:
    """Serves clients. `log` gets a line for each request that has ended; `port` is the balancer's own."""

    table: Table
    log: Callable[[str], object]
    port: int

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one client until its connection ends."""
        client = Client(reader, writer)
        try:
            while await self._serve_request(client):
                pass
        except streams.GONE:
            writer.transport.abort()
        finally:
            await streams.close(writer)

    async def _serve_request(self, client: Client) -> bool:
        try:
            raw = await streams.read_head(client.reader)
        except asyncio.LimitOverrunError:
            await _reply(client, HEAD_TOO_LONG)
            return False
        try:
            head = parse_request(raw)
        except BadHead:
            await _reply(client, BAD_REQUEST)
            return False
        began = time.monotonic()
        choice = self.table.choose(head.path)
        exchange = await self._exchange(head, choice, client)
        if not exchange.is_answered:
            keeps = head.keeps_connection and head.body.is_empty
            exchange = replace(exchange, keeps=keeps)
            await _reply(client, exchange.status, keep=keeps, has_body=head.method != "HEAD")
        self._note(head, choice, exchange, time.monotonic() - began)
        return exchange.keeps

    async def _exchange(self, head: RequestHead, choice: Choice, client: Client) -> Exchange:
        if choice.group is None:
            return Exchange(NOT_FOUND, is_answered=False)
        if choice.port is None:
            return Exchange(NOBODY, is_answered=False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                target = await asyncio.open_connection(HOST, choice.port, limit=streams.LONGEST_HEAD_BYTES)
        except TimeoutError:
            return Exchange(GATEWAY_TIMEOUT, is_answered=False)
        except OSError:
            return Exchange(BAD_GATEWAY, is_answered=False)
        try:
            return await self._ask(head, client, *target)
        finally:
            target[1].close()

    async def _ask(self, head: RequestHead, client: Client, reader: StreamReader, writer: StreamWriter) -> Exchange:
        writer.write(head.forwarded(client.address, self.port).encode())
        sending = asyncio.create_task(_send_body(head, client, writer))
        try:
            response = await _read_response(head, client, reader)
        except TimeoutError:
            return Exchange(GATEWAY_TIMEOUT, is_answered=False)
        except (*streams.GONE, BadHead, asyncio.LimitOverrunError):
            if sending.done() and not sending.cancelled() and not sending.result():
                return Exchange(CLIENT_LEFT)
            return Exchange(BAD_GATEWAY, is_answered=False)
        else:
            return await _pass_on(head, response, client, (reader, writer), has_sent=sending.done())
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending

    def _note(self, head: RequestHead, choice: Choice, exchange: Exchange, seconds: float) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": head.method,
            "path": head.path,  # a query may hold what is secret
            "status": exchange.status,
            "group": choice.group,
            "target": choice.port,
            "duration_seconds": round(seconds, 6),
        }
        self.log(json.dumps(line) + "\n")


async def _send_body(head: RequestHead, client: Client, writer: StreamWriter) -> bool:
    """Pass the request's body on. False when the client left before its end: then the target is told by the end."""
    try:
        await writer.drain()
    except ConnectionError:
        return True  # the target wants no more; what it says, its answer says
    try:
        await streams.copy_body(client.reader, writer, head.body)
    except (asyncio.IncompleteReadError, TimeoutError, BadHead, asyncio.LimitOverrunError):
        writer.transport.abort()
        return False
    except ConnectionError:
        if client.reader.exception() is not None or client.writer.is_closing():
            writer.transport.abort()
            return False
    return True


async def _read_response(head: RequestHead, client: Client, reader: StreamReader) -> ResponseHead:
    """The head of the final answer; interim ones are passed on."""
    while True:
        response = parse_response(await streams.read_head(reader))
        if response.status == SWITCHING and not head.wants_upgrade:
            raise BadHead("the target switches protocols, and nobody asked for it")
        if not response.is_interim:
            return response
        client.writer.write(response.returned(keep=True).encode())


async def _pass_on(
    head: RequestHead,
    response: ResponseHead,
    client: Client,
    target: tuple[StreamReader, StreamWriter],
    *,
    has_sent: bool,
) -> Exchange:
    body = response.body_for(head.method)
    keep = head.keeps_connection and has_sent and body.kind is not BodyKind.UNTIL_CLOSE
    client.writer.write(response.returned(keep=keep).encode())
    if response.status == SWITCHING:
        await client.writer.drain()
        await streams.tunnel((client.reader, client.writer), target)
        return Exchange(response.status)
    try:
        await streams.copy_body(target[0], client.writer, body)
        await client.writer.drain()
    except (*streams.GONE, BadHead, asyncio.LimitOverrunError):
        # the client must see that this is not all
        client.writer.transport.abort()
        return Exchange(response.status)
    return Exchange(response.status, keep)


async def _reply(client: Client, status: int, *, keep: bool = False, has_body: bool = True) -> None:
    text = f"{status} {REASONS[status]}\n".encode()
    headers = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text))),
        ("Connection", "keep-alive" if keep else "close"),
    )
    head = ResponseHead(1, headers, status, REASONS[status])
    client.writer.write(head.encode() + (text if has_body else b""))
    await client.writer.drain()
