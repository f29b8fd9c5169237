"""Bytes from one connection to another, to the end of a body or of the connection."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter

from studyctl.adapters.local.load_balancer.heads import Body, BodyKind, parse_chunk_size

IDLE_SECONDS = 60.0
"""How long nothing may arrive on a connection, AWS's default."""
LONGEST_HEAD_BYTES = 64 * 1024
_BLOCK_BYTES = 64 * 1024

GONE = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)
"""What reading raises when the other side is no more, or says nothing more."""


async def read_head(reader: StreamReader) -> bytes:
    """Everything up to and with the empty line.

    Raises:
        LimitOverrunError: it is too long.
    """
    async with asyncio.timeout(IDLE_SECONDS):
        return await reader.readuntil(b"\r\n\r\n")


async def copy_body(reader: StreamReader, writer: StreamWriter, body: Body) -> None:
    """Pass a body on as it is, no further than its end."""
    if body.kind is BodyKind.CHUNKED:
        await _copy_chunks(reader, writer)
    elif body.kind is BodyKind.LENGTH:
        await _copy_exactly(reader, writer, body.length)
    else:
        while await _copy_some(reader, writer, _BLOCK_BYTES):
            pass


async def tunnel(one: tuple[StreamReader, StreamWriter], other: tuple[StreamReader, StreamWriter]) -> None:
    """Pass everything both ways until both sides have ended, or one is silent for too long while the other has."""
    await asyncio.gather(_copy_way(one[0], other[1]), _copy_way(other[0], one[1]))


async def close(writer: StreamWriter) -> None:
    """Close a connection whatever its state."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _copy_way(reader: StreamReader, writer: StreamWriter) -> None:
    with contextlib.suppress(*GONE, OSError):
        while await _copy_some(reader, writer, _BLOCK_BYTES):
            pass
        writer.write_eof()
        return
    writer.transport.abort()


async def _copy_chunks(reader: StreamReader, writer: StreamWriter) -> None:
    size = -1
    while size != 0:
        line = await _read_line(reader)
        size = parse_chunk_size(line)
        writer.write(line)
        if size:
            await _copy_exactly(reader, writer, size + 2)
    while line != b"\r\n":  # trailers
        line = await _read_line(reader)
        writer.write(line)
    await writer.drain()


async def _read_line(reader: StreamReader) -> bytes:
    async with asyncio.timeout(IDLE_SECONDS):
        return await reader.readuntil(b"\r\n")


async def _copy_exactly(reader: StreamReader, writer: StreamWriter, length: int) -> None:
    while length:
        count = await _copy_some(reader, writer, min(length, _BLOCK_BYTES))
        if not count:
            raise asyncio.IncompleteReadError(b"", length)
        length -= count


async def _copy_some(reader: StreamReader, writer: StreamWriter, most: int) -> int:
    async with asyncio.timeout(IDLE_SECONDS):
        block = await reader.read(most)
        writer.write(block)
        await writer.drain()
    return len(block)
