"""The runtime layer against the libraries it stands on, on servers that both use in turn."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import redis
from tests.bench import outbox, tasks
from tests.bench.peer import peer
from tests.bench.rows import Row
from tests.bench.servers import servers
from tests.support.servers.valkey import ValkeyServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import load_settings

EVENTS = 20_000
PEER_EVENTS = 4_000
BATCH = 100
ROUNDS = 3
PAYLOAD = {"type": "document.processed", "data": json.dumps({"document_id": "doc456", "pages": 12, "text": "x" * 200})}


def rows() -> Iterator[Row]:
    """Events through a stream and out of the outbox, and tasks through a queue."""
    with servers() as both:
        yield from _events_rows(both.valkey)
        yield from outbox.rows(both)
        yield from tasks.rows(both)


def _events_rows(server: ValkeyServer) -> Iterator[Row]:
    ours, theirs = by_turns(lambda: _our_events(server), lambda: _plain_events(server))
    yield Row(
        "events published, read and acknowledged: plain redis-py",
        EVENTS / ours,
        EVENTS / theirs,
        unit="events/s",
        at_least=0.7,
    )
    measured = peer("faststream_events.py", server.url, str(PEER_EVENTS))
    _forget(server, "bench:faststream-events")
    yield Row(
        "events published, read and acknowledged: faststream",
        EVENTS / ours,
        measured["events"] / measured["seconds"],
        unit="events/s",
    )


def _our_events(server: ValkeyServer) -> float:
    settings = load_settings({"ENVIRONMENT": "local", **server.variables()})
    broker = RedisStreamBroker(settings.require_broker())
    subscription = broker.subscribe(["bench:ours"], "bench", "one", start="oldest")
    begun = time.perf_counter()
    for _ in range(EVENTS // BATCH):
        broker.publish_many("bench:ours", [PAYLOAD] * BATCH)
        subscription.ack(*_until(lambda: subscription.read(BATCH, 1.0)))
    seconds = time.perf_counter() - begun
    subscription.close()
    _forget(server, "bench:ours")
    broker.close()
    return seconds


def _plain_events(server: ValkeyServer) -> float:
    client = server.client()
    fields: dict[Any, Any] = dict(PAYLOAD)
    client.xgroup_create("bench:plain", "bench", id="0", mkstream=True)
    begun = time.perf_counter()
    for _ in range(EVENTS // BATCH):
        with client.pipeline(transaction=True) as pipeline:
            for _ in range(BATCH):
                pipeline.xadd("bench:plain", fields)
            pipeline.execute()
        answer: Any = client.xreadgroup("bench", "one", {"bench:plain": ">"}, count=BATCH, block=1000)
        client.xack("bench:plain", "bench", *[entry[0] for entry in answer[0][1]])
    seconds = time.perf_counter() - begun
    client.close()
    _forget(server, "bench:plain")
    return seconds


def _until(read: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    found: list[Any] = []
    while len(found) < BATCH:
        found += read()
    return found


def _forget(server: ValkeyServer, stream: str) -> None:
    client: redis.Redis = server.client()
    client.delete(stream)
    client.close()


def by_turns(ours: Callable[[], float], theirs: Callable[[], float]) -> tuple[float, float]:
    """The median of each, measured by turns so that both see the same machine."""
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
