"""Servers that tests of the services share. Each test finds a database of its own and an empty broker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from tests.support.servers.postgres import Database, PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session. Tests take `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="study-services-postgres-"))
    folder.chmod(0o755)  # not pytest's folder, which the user that runs PostgreSQL may not enter
    server = PostgresServer(folder)
    server.initialise()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Database:
    """A new, empty database on the session's server."""
    return postgres_server.create_database()


@pytest.fixture
def engine(postgres: Database) -> Iterator[Engine]:
    """A plain engine on the empty database."""
    engine = create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()
