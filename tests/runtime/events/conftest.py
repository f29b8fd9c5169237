"""Publishers and consumers on a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar

import pytest
from tests.support.servers.process import HOST
from tests.support.servers.valkey import ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.broker.connection import RedisConnection
from studyruntime.config import BrokerSettings
from studyruntime.events.codec import EventCodec
from studyruntime.events.consumer import EventConsumer
from studyruntime.events.deduplication import RedisDeduplicator
from studyruntime.events.encryption import FieldCipher
from studyruntime.events.handling import RetryRule
from studyruntime.events.publisher import EventPublisher

CODEC = EventCodec(FieldCipher.parse("the key of these tests"))
QUICK = RetryRule(attempts=3, delay_seconds=0.01, max_delay_seconds=0.05)
DEADLINE_SECONDS = 60.0
_C = TypeVar("_C", bound="_Closeable")


class _Closeable(Protocol):
    def close(self) -> None: ...


class EventBus:
    """One server, and what tests do with it."""

    def __init__(self, server: ValkeyServer, opened: ExitStack) -> None:
        self.server = server
        self._opened = opened
        self.settings = BrokerSettings(
            host=HOST, port=server.port, retry_seconds=0.2, claim_idle_seconds=0.5, max_deliveries=4
        )
        self.broker = self._open(RedisStreamBroker(self.settings))
        self.publisher = EventPublisher(self.broker, codec=CODEC, source="tests")

    def _open(self, closeable: _C) -> _C:
        self._opened.callback(closeable.close)
        return closeable

    def connection(self) -> RedisConnection:
        return self._open(RedisConnection(self.settings, None))

    def deduplicator(self, owner: str = "owner", lease_seconds: float = 0.5) -> RedisDeduplicator:
        return RedisDeduplicator(self.connection(), owner=owner, lease_seconds=lease_seconds)

    def consumer(self, group: str = "group", name: str = "consumer", **options: Any) -> EventConsumer:
        options = {"deduplicator": self.deduplicator(name), "start_at": "oldest", "rule": QUICK, **options}
        return self._open(EventConsumer(self.broker, group, name, codec=CODEC, **options))

    def dead(self, kind: str = "document") -> list[str]:
        """Why messages of a channel are dead."""
        return [letter.reason for letter in self.broker.dead_letters(f"study_ai_events:{kind}")]

    def backlog(self, group: str = "group", kind: str = "document") -> int:
        return int(self.broker.backlog(f"study_ai_events:{kind}", group))


@pytest.fixture
def bus(valkey: ValkeyServer) -> Iterator[EventBus]:
    with ExitStack() as opened:
        yield EventBus(valkey, opened)


@pytest.fixture
def own_bus(own_valkey: ValkeyServer) -> Iterator[EventBus]:
    """On a server that may be stopped."""
    with ExitStack() as opened:
        yield EventBus(own_valkey, opened)


class Log:
    """A handler that notes what it is given, and can be told to fail."""

    def __init__(self, failing: Callable[[Any], Exception | None] = lambda _event: None) -> None:
        self.failing = failing
        self.calls: list[Any] = []
        self.done: list[Any] = []
        self.lock = threading.Lock()

    def __call__(self, event: Any) -> None:
        with self.lock:
            self.calls.append(event)
            failure = self.failing(event)
            if failure is not None:
                raise failure
            self.done.append(event)

    def ids(self) -> list[str]:
        with self.lock:
            return [event.event_id for event in self.done]
