"""The cache: it answers, and a key of ours can be set, read and deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import redis

from studyruntime.broker.connection import RedisConnection, credentials_for
from studyruntime.config import BrokerSettings
from studyservices.smoke.findings import Deadline, Finding, Wrong, always, find, require_somebody
from studyservices.surroundings import Surroundings

PROBE = "cache"
PREFIX = "study:_smoke:"
KEPT_SECONDS = 60
"""What a probe that was killed leaves behind is gone after this."""


def ask_cache(surroundings: Surroundings, deadline: Deadline) -> Iterator[Finding]:
    """One finding for the primary, one for the replicas where they have a name of their own."""
    settings = surroundings.settings.require_broker()
    settings = settings.model_copy(update={"retry_seconds": min(1.0, deadline.left_seconds)})
    for name, host in (("primary", settings.host), ("reader", settings.reader_host)):
        if host is not None:
            there = settings.model_copy(update={"host": host})
            with closing(RedisConnection(there, credentials_for(settings, surroundings.settings.aws))) as connection:
                question = _primary if name == "primary" else _reader
                yield find(PROBE, name, partial(question, connection, there))


def _primary(connection: RedisConnection, settings: BrokerSettings) -> str:
    require_somebody(settings.host, settings.port)
    key, value = f"{PREFIX}{secrets.token_hex(8)}", secrets.token_bytes(16)
    connection.run(redis.Redis.ping)
    with always(lambda: connection.run(lambda client: client.delete(key))):
        connection.run(lambda client: client.set(key, value, ex=KEPT_SECONDS))
        if connection.run(lambda client: client.get(key)) != value:
            raise Wrong("what was read is not what was set")
    if connection.run(lambda client: client.exists(key)):
        raise Wrong("a deleted key is still there")
    return f"set, read and deleted a key{' over TLS' if settings.has_tls else ''}"


def _reader(connection: RedisConnection, settings: BrokerSettings) -> str:
    require_somebody(settings.host, settings.port)
    connection.run(redis.Redis.ping)
    return "answers"
