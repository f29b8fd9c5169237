"""The broker under test, over each kind of server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.servers.valkey import ElastiCacheServer, ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import Settings, load_settings

QUICK = {"BROKER_CLAIM_IDLE_SECONDS": "0.2", "BROKER_MAX_DELIVERIES": "3"}

Server = ValkeyServer | ElastiCacheServer


@pytest.fixture(params=["valkey", "elasticache"])
def server(request: pytest.FixtureRequest) -> Server:
    """Redis as on a laptop, and as ElastiCache is."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def settings(server: Server) -> Settings:
    """What a service is told, with short times."""
    return load_settings({**server.variables(), **QUICK})


@pytest.fixture
def broker(settings: Settings) -> Iterator[RedisStreamBroker]:
    """A broker of its own."""
    made = RedisStreamBroker(settings.require_broker(), settings.aws)
    yield made
    made.close()
