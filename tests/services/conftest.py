"""Servers that tests of the services share. Each test finds a database of its own and an empty broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import Database as EmptyDatabase
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.running import running, running_postgres
from tests.support.servers.valkey import ValkeyServer
from tests.support.surroundings import make_buckets

from studyruntime.config import load_settings
from studyruntime.database import Database
from studyruntime.events.codec import EventCodec
from studyruntime.events.encryption import FieldCipher
from studyruntime.outbox import Outbox
from studyruntime.storage import S3ObjectStorage
from studyservices.embedding import HashingEmbedding
from studyservices.migrations import migrate
from studyservices.passages import PassageIndex, connect_qdrant
from studyservices.work.journal import Journal


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session. Tests take `postgres`."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One server for the session. Tests take `valkey`, modules empty it before they begin."""
    with running(ValkeyServer(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> ValkeyServer:
    """The session's server, emptied. It may not be stopped."""
    valkey_server.empty()
    return valkey_server


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
def migrated_once(postgres_server: PostgresServer) -> EmptyDatabase:
    """One database with the services' tables for the session. Tests take `migrated`."""
    migrated = postgres_server.create_database()
    with closing(Database(load_settings(migrated.variables()).require_database())) as database:
        migrate(database.engine)
    return migrated


@pytest.fixture
def migrated(migrated_once: EmptyDatabase) -> EmptyDatabase:
    """The session's database with empty tables."""
    with psycopg.connect(migrated_once.url, autocommit=True) as connection:
        connection.execute("TRUNCATE documents, quizzes, notifications, outbox_events RESTART IDENTITY")
    return migrated_once


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


@pytest.fixture(scope="session")
def qdrant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantServer]:
    """One stand-in for the session. Tests use ids of their own."""
    folder = tmp_path_factory.mktemp("qdrant")
    (folder / "data").mkdir()
    with running(QdrantServer(folder)) as server:
        yield server


@pytest.fixture
def passages(qdrant: QdrantServer) -> Iterator[PassageIndex]:
    """Passages under the embedding that needs no model."""
    settings = load_settings(qdrant.variables())
    with closing(connect_qdrant(settings.require_qdrant(), settings.aws)) as client:
        yield PassageIndex(client, HashingEmbedding())


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoServer]:
    """S3 and SQS for the session. Tests take buckets and queues of their own."""
    with running(MotoServer(tmp_path_factory.mktemp("moto"))) as server:
        yield server


@pytest.fixture
def buckets(moto_server: MotoServer) -> dict[str, str]:
    """Two new buckets, as a service is told about them."""
    return make_buckets(moto_server)


@pytest.fixture
def storage(buckets: dict[str, str]) -> Iterator[S3ObjectStorage]:
    """The two buckets, as the services use them."""
    with closing(S3ObjectStorage(load_settings(buckets))) as storage:
        yield storage
