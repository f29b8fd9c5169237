"""Asks every target how it is, each in its own rhythm."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from studyctl.adapters.local.load_balancer import streams
from studyctl.adapters.local.load_balancer.heads import BadHead, parse_response
from studyctl.adapters.local.load_balancer.health import Observation
from studyctl.adapters.local.load_balancer.table import Table, Target
from studyctl.adapters.local.ports import HOST


@dataclass
class Checks:
    """The running questions: one task for each target of the table."""

    table: Table
    _tasks: dict[Target, asyncio.Task[None]] = field(default_factory=dict)

    def follow_table(self) -> None:
        """Begin with targets that are new, end with those that are gone."""
        for target in [target for target in self._tasks if target not in self.table.standings]:
            self._tasks.pop(target).cancel()
        for target in self.table.standings:
            if target not in self._tasks:
                self._tasks[target] = asyncio.create_task(self._follow(target))

    async def _follow(self, target: Target) -> None:
        while True:
            self.table.observe(target, await look(target))
            await asyncio.sleep(target.check.interval_seconds)


async def look(target: Target) -> Observation:
    """Ask one target once."""
    check = target.check
    request = f"GET {check.path} HTTP/1.1\r\nHost: {HOST}:{target.port}\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
    try:
        async with asyncio.timeout(check.timeout_seconds):
            reader, writer = await asyncio.open_connection(HOST, target.port, limit=streams.LONGEST_HEAD_BYTES)
            try:
                writer.write(f"{request}Connection: close\r\n\r\n".encode())
                status = parse_response(await streams.read_head(reader)).status
                # read to the end: a service that counts aborted answers would count these
                with contextlib.suppress(ConnectionError):
                    await reader.read()
            finally:
                writer.close()
    except TimeoutError:
        return Observation.no_answer()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, BadHead) as error:
        return Observation.refused(str(error) or type(error).__name__)
    return Observation.of_status(status, check)
