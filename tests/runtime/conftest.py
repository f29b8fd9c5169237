"""Servers that tests of the runtime share. Each test finds them empty; who stops one takes a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.servers.certificates import Certificates, make_certificates
from tests.support.servers.moto import CREDENTIALS, REGION, MotoServer
from tests.support.servers.postgres import Database, PostgresServer
from tests.support.servers.rabbitmq import RabbitServer, find_rabbitmq
from tests.support.servers.running import running, running_postgres
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority and a server certificate of this session."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One server for the session. Tests take `valkey`."""
    with running(ValkeyServer(tmp_path_factory.mktemp("valkey"))) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> ValkeyServer:
    """The session's server, emptied. It may not be stopped."""
    valkey_server.empty()
    return valkey_server


@pytest.fixture(scope="session")
def elasticache_server(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[ElastiCacheServer]:
    """One server for the session that takes only TLS and a user with ElastiCache's access. Tests take `elasticache`."""
    with running(ElastiCacheServer(tmp_path_factory.mktemp("elasticache"), certificates)) as server:
        yield server


@pytest.fixture
def elasticache(elasticache_server: ElastiCacheServer) -> ElastiCacheServer:
    """The session's server with TLS and a user, emptied. It may not be stopped."""
    elasticache_server.valkey.empty()
    elasticache_server.change_password(elasticache_server.password)
    return elasticache_server


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that a test may stop, kill and start again."""
    with running(ValkeyServer(tmp_path)) as server:
        yield server


@pytest.fixture
def own_elasticache(tmp_path: Path, certificates: Certificates) -> Iterator[ElastiCacheServer]:
    """A server with TLS and a user; a test may stop and start again `own_elasticache.valkey`."""
    with running(ElastiCacheServer(tmp_path, certificates)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session. Tests take `postgres`."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Database:
    """A new, empty database on the session's server, which may not be stopped."""
    return postgres_server.create_database()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that a test may stop, kill and start again."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """One RabbitMQ for the session, where it is installed. Names of queues must be unique to a test."""
    script = find_rabbitmq()
    if script is None:
        pytest.skip("RabbitMQ is not installed: no rabbitmq-server on PATH")
    with running(RabbitServer(tmp_path_factory.mktemp("rabbitmq"), script)) as server:
        yield server


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoServer]:
    """One moto for the session. Names in it must be unique to a test."""
    with running(MotoServer(tmp_path_factory.mktemp("moto"))) as server:
        yield server


@pytest.fixture
def moto(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> MotoServer:
    """The session's moto, with credentials in the environment as a task role would give them."""
    for name, value in {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return moto_server
