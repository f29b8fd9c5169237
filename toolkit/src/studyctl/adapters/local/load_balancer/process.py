"""The balancer's process: two ports, one for clients and one for whoever steers it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.local.load_balancer import documents, streams
from studyctl.adapters.local.load_balancer.checks import Checks
from studyctl.adapters.local.load_balancer.heads import BadHead, RequestHead, ResponseHead, parse_request
from studyctl.adapters.local.load_balancer.relay import Relay
from studyctl.adapters.local.load_balancer.table import Table
from studyctl.adapters.local.log_file import open_for_append
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.private_files import PrivateFolder
from studyctl.errors import UsageError

ROUTES_PATH, TARGETS_PATH = "/routes", "/targets"
ROUTES_FILE = "routes.json"
ACCESS_LOG = "access.log"
LAST_REQUESTS_SECONDS = 5.0
"""How long requests under way may take once it is told to stop."""
LARGEST_ROUTES_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Control:
    """Answers whoever steers: `PUT /routes` replaces them, `GET /targets` says how targets stand."""

    folder: Path
    table: Table
    checks: Checks

    def load(self) -> None:
        """Take over the routes of the last life, if there was one."""
        with contextlib.suppress(FileNotFoundError):
            self._take(json.loads((self.folder / ROUTES_FILE).read_text("utf-8")))

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one question."""
        try:
            head = parse_request(await streams.read_head(reader))
            status, document = self._answer(head, await reader.readexactly(min(head.body.length, LARGEST_ROUTES_BYTES)))
            body = json.dumps(document).encode()
            headers = (("Content-Length", str(len(body))), ("Connection", "close"))
            writer.write(ResponseHead(1, headers, status, "-").encode() + body)
            await writer.drain()
        except (*streams.GONE, BadHead, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            await streams.close(writer)

    def _answer(self, head: RequestHead, body: bytes) -> tuple[int, object]:
        if (head.method, head.path) == ("GET", TARGETS_PATH):
            return 200, documents.standings_to_json(self.table)
        if (head.method, head.path) != ("PUT", ROUTES_PATH):
            return 404, {"error": f"there is no {head.method} {head.path}"}
        try:
            self._take(json.loads(body))
        except (ValueError, TypeError, UsageError) as error:
            return 400, {"error": str(error)}
        PrivateFolder(self.folder).write(self.folder / ROUTES_FILE, body.decode())
        return 200, {}

    def _take(self, document: object) -> None:
        self.table.replace(documents.routes_from_json(document))
        self.checks.follow_table()


async def run(folder: Path, *, port: int, control_port: int) -> None:
    """Serve until a signal says stop."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    table = Table()
    control = Control(folder, table, Checks(table))
    with os.fdopen(open_for_append(folder / ACCESS_LOG), "w", encoding="utf-8", buffering=1) as log:
        relay = Relay(table, log.write, port)
        clients: set[asyncio.Task[None]] = set()

        def accept(reader: StreamReader, writer: StreamWriter) -> None:
            task = asyncio.create_task(relay.serve(reader, writer))
            clients.add(task)
            task.add_done_callback(clients.discard)

        public = await asyncio.start_server(accept, HOST, port, limit=streams.LONGEST_HEAD_BYTES, backlog=1024)
        control.load()
        steering = await asyncio.start_server(control.serve, HOST, control_port, limit=streams.LONGEST_HEAD_BYTES)
        await stopping.wait()
        public.close()
        steering.close()
        if clients:
            _, late = await asyncio.wait(clients, timeout=LAST_REQUESTS_SECONDS)
            for task in late:
                task.cancel()
