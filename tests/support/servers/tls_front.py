"""Takes TLS from clients and speaks plainly to a server behind: Valkey's wheel is built without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading

from tests.support.servers.certificates import Certificates
from tests.support.servers.process import HOST

CHUNK_BYTES = 65_536


class TlsFront:
    """A listener in a thread of its own. A connection lives as long as both of its ends."""

    def __init__(self, certificates: Certificates, target_port: int) -> None:
        self._target_port = target_port
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificates.certificate, certificates.key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls-front", daemon=True)
        self._thread.start()
        start = asyncio.start_server(self._serve, HOST, 0, ssl=self._context)
        self._listener = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port: int = self._listener.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening and end every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._listener.close()
        running = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            from_server, to_server = await asyncio.open_connection(HOST, self._target_port)
            both = [
                asyncio.ensure_future(_copy(from_client, to_server)),
                asyncio.ensure_future(_copy(from_server, to_client)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for direction in both:
                    direction.cancel()
                to_server.close()
        to_client.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while chunk := await source.read(CHUNK_BYTES):
            sink.write(chunk)
            await sink.drain()
