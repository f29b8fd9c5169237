"""Takes TLS from tasks and speaks plainly to a server of this machine: not every build of Valkey knows TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from studyctl.adapters.local.certificates import Certificate
from studyctl.adapters.local.ports import HOST

CHUNK_BYTES = 65_536


class TlsFront:
    """A listener of an event loop. A connection lives as long as both of its ends."""

    def __init__(self, certificate: Certificate, target_port: int) -> None:
        self._target_port = target_port
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.certificate, certificate.key)
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen; the port that was taken."""
        self._listener = await asyncio.start_server(self._serve, HOST, port, ssl=self._context)
        taken: int = self._listener.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        """Stop listening and end every connection."""
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None  # noqa: S101  every connection is served by a task
        self._connections.add(own)
        try:
            server_reader, server_writer = await asyncio.open_connection(HOST, self._target_port)
        except OSError:
            writer.close()
            return
        else:
            await _join(reader, server_writer, server_reader, writer)
        finally:
            self._connections.discard(own)


async def _join(
    client: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
    server: asyncio.StreamReader,
    to_client: asyncio.StreamWriter,
) -> None:
    copies = [asyncio.ensure_future(_copy(client, to_server)), asyncio.ensure_future(_copy(server, to_client))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        for writer in (to_server, to_client):
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
