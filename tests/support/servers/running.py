"""Servers for the time of a block, stopped however it ends. Fixtures of every folder are made of these."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tests.support.servers.postgres import PostgresServer


class _Server(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


S = TypeVar("S", bound=_Server)


@contextmanager
def running(server: S) -> Iterator[S]:
    """Start a server, and stop it at the end."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL in a folder of its own: not pytest's, which the user that runs it may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="study-postgres-"))
    try:
        folder.chmod(0o755)
        server = PostgresServer(folder)
        server.initialise()
        with running(server):
            yield server
    finally:
        shutil.rmtree(folder)
