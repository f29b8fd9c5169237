"""Databases as services see them: on the session's server, on one of their own, and with a replica."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.runtime.database.standby import Standby, remove
from tests.runtime.database.tables import Base
from tests.support.servers.postgres import OWNER, PostgresServer
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.process import HOST

from studyruntime.config import DatabaseSettings, Endpoint, TlsMode
from studyruntime.database import Database


def settings_for(port: int, name: str, **changes: Any) -> DatabaseSettings:
    values: dict[str, Any] = {
        "host": HOST,
        "port": port,
        "name": name,
        "user": OWNER,
        "password": SecretStr("unused"),
        "tls_mode": TlsMode.DISABLE,
        "pool_max": 4,
    }
    return DatabaseSettings.model_validate({**values, **changes})


@pytest.fixture
def database(postgres: EmptyDatabase) -> Iterator[Database]:
    """An empty table of notes on the session's server, without replicas."""
    opened = Database(settings_for(postgres.port, postgres.name))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@dataclass
class Cluster:
    """A primary and its replica, and a way to open it."""

    primary: PostgresServer
    standby: Standby
    open: Callable[..., Database]

    def wait_for_replay(self) -> None:
        """Return when the replica has all that the primary has."""
        opened = self.open()
        with opened.engine.connect() as connection:
            position = connection.execute(text("SELECT pg_current_wal_lsn()::text")).scalar_one()
        opened.close()
        while self.standby.ask(f"SELECT pg_last_wal_replay_lsn() < '{position}'::pg_lsn"):
            pass


@pytest.fixture
def cluster(own_postgres: PostgresServer) -> Iterator[Cluster]:
    """A primary with the table of notes, and a replica that follows it."""
    folder = Path(tempfile.mkdtemp(prefix="study-standby-"))
    folder.chmod(0o755)
    standby = Standby(folder, own_postgres)
    with ExitStack() as opened:
        opened.callback(remove, folder)
        standby.initialise()
        standby.start()
        opened.callback(standby.stop)

        def open_database(**options: Any) -> Database:
            changes = options.pop("settings", {})
            replicas = (Endpoint(host=HOST, port=standby.port),)
            settings = settings_for(own_postgres.port, "postgres", replicas=replicas, **changes)
            database = Database(settings, **options)
            opened.callback(database.close)
            return database

        cluster = Cluster(own_postgres, standby, open_database)
        first = open_database()
        Base.metadata.create_all(first.engine)
        cluster.wait_for_replay()
        yield cluster
