"""The outbox against faststream-outbox: events a second from a full table, and the wait of one at a calm pace."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.peer import peer
from tests.bench.rows import Row
from tests.bench.servers import Servers

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import Settings, load_settings
from studyruntime.database import Database
from studyruntime.events.catalogue import DocumentProcessing
from studyruntime.events.codec import EventCodec
from studyruntime.outbox import Outbox, OutboxRelay, StreamTarget, create_outbox

EVENTS = 10_000
PEER_EVENTS = 2_000
CALM_EVENTS = 400
CALM_INTERVAL_SECONDS = 0.01
STREAM = "study_ai_events:document"
ROUNDS = 3
OUTBOX = Outbox(EventCodec())


def rows(servers: Servers) -> Iterator[Row]:
    """Throughput of a full table, then the wait of single events."""
    settings = load_settings({"ENVIRONMENT": "local", **servers.valkey.variables(), **servers.database.variables()})
    dsn = servers.database.url.replace("postgresql://", "postgresql+asyncpg://")
    with _opened(settings) as (database, broker):
        pairs = [(_drain(settings, database, broker), _peer_rate(dsn, servers.valkey.url)) for _ in range(ROUNDS)]
        yield Row(
            "outbox to a stream: faststream-outbox",
            statistics.median(pair[0] for pair in pairs),
            statistics.median(pair[1] for pair in pairs),
            unit="events/s",
            at_least=5.0,
        )
        calm = peer("faststream_outbox_relay.py", "calm", dsn, servers.valkey.url, str(CALM_EVENTS))
        yield Row("outbox, p99 from commit to stream", _calm(settings, database, servers), calm["p99_ms"], unit="ms")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Database, RedisStreamBroker]]:
    database = Database(settings.require_database())
    broker = RedisStreamBroker(settings.require_broker())
    try:
        with database.engine.begin() as connection:
            create_outbox(connection)
        yield database, broker
    finally:
        broker.close()
        database.close()


def _drain(settings: Settings, database: Database, broker: RedisStreamBroker) -> float:
    with database.primary_session() as session:
        OUTBOX.add_many(session, [_event(number) for number in range(EVENTS)])
    relay = OutboxRelay(settings.outbox, database, StreamTarget(broker))
    begun = time.perf_counter()
    published = relay.drain().published
    return published / (time.perf_counter() - begun)


def _peer_rate(dsn: str, redis_url: str) -> float:
    measured = peer("faststream_outbox_relay.py", "full", dsn, redis_url, str(PEER_EVENTS))
    return measured["events"] / measured["seconds"]


def _calm(settings: Settings, database: Database, servers: Servers) -> float:
    """The 99th percentile in milliseconds from an event's commit to its arrival in the stream."""
    stop = threading.Event()
    arrived: list[float] = []
    client = servers.valkey.client()
    client.delete(STREAM)
    broker = RedisStreamBroker(settings.require_broker())
    relay = OutboxRelay(settings.outbox, database, StreamTarget(broker))

    def read() -> None:
        last: Any = "0-0"
        while len(arrived) < CALM_EVENTS:
            answer: Any = client.xread({STREAM: last}, block=1000)
            now = time.perf_counter()
            for _, entries in answer or ():
                last = entries[-1][0]
                arrived.extend([now] * len(entries))

    threads = [threading.Thread(target=relay.run, args=(stop,)), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    committed: list[float] = []
    for number in range(CALM_EVENTS):
        with database.primary_session() as session:
            OUTBOX.add(session, _event(number))
        committed.append(time.perf_counter())
        time.sleep(CALM_INTERVAL_SECONDS)
    threads[1].join()
    stop.set()
    threads[0].join()
    client.close()
    broker.close()
    waits = [1000 * (there - here) for here, there in zip(committed, arrived, strict=True)]
    return statistics.quantiles(waits, n=100)[98]


def _event(number: int) -> DocumentProcessing:
    return DocumentProcessing(user_id="user", document_id=f"document-{number}")
