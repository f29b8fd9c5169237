"""Real servers of one benchmark run, which both sides of a row use in turn."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.postgres import Database, PostgresServer
from tests.support.servers.valkey import ValkeyServer


@dataclass(frozen=True)
class Servers:
    """What both sides are measured against."""

    valkey: ValkeyServer
    database: Database


@contextmanager
def servers() -> Iterator[Servers]:
    """A Valkey and a PostgreSQL of this run."""
    folder = Path(tempfile.mkdtemp(prefix="studyctl-bench-"))
    folder.chmod(0o755)  # PostgreSQL may run as another user
    (folder / "valkey").mkdir()
    valkey, postgres = ValkeyServer(folder / "valkey"), PostgresServer(folder)
    postgres.initialise()
    try:
        valkey.start()
        postgres.start()
        yield Servers(valkey, postgres.create_database())
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder)
