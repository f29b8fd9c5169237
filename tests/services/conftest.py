"""Servers that tests of the services share. Each test finds a database of its own and an empty broker."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.postgres import PostgresServer

from studyruntime.config import load_settings
from studyruntime.database import Database
from studyruntime.events.codec import EventCodec
from studyruntime.events.encryption import FieldCipher
from studyruntime.outbox import Outbox
from studyservices.migrations import migrate
from studyservices.work.journal import Journal


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
def postgres(postgres_server: PostgresServer) -> EmptyDatabase:
    """A new, empty database on the session's server."""
    return postgres_server.create_database()


@pytest.fixture
def engine(postgres: EmptyDatabase) -> Iterator[Engine]:
    """A plain engine on the empty database."""
    engine = create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def template(postgres_server: PostgresServer) -> EmptyDatabase:
    """A migrated database that others are copied from."""
    template = postgres_server.create_database()
    with closing(Database(load_settings(template.variables()).require_database())) as database:
        migrate(database.engine)
    return template


@pytest.fixture
def migrated(template: EmptyDatabase) -> EmptyDatabase:
    """A new database with the services' tables."""
    copy = replace(template, name=f"copy_{uuid.uuid4().hex}")
    with psycopg.connect(template.url.replace(template.name, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {copy.name} TEMPLATE {template.name} STRATEGY file_copy".encode())
    return copy


@pytest.fixture
def database(migrated: EmptyDatabase) -> Iterator[Database]:
    """A database with the services' tables, as the services use it."""
    with closing(Database(load_settings(migrated.variables()).require_database())) as database:
        yield database


@pytest.fixture
def codec() -> EventCodec:
    """Writes and reads events with a key of its own."""
    return EventCodec(FieldCipher.parse("key of these tests"))


@pytest.fixture
def journal(codec: EventCodec) -> Journal:
    """Writes events into the outbox."""
    return Journal(Outbox(codec))
