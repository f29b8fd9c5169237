"""faststream-outbox at its best: relays rows of PostgreSQL to a Redis stream, as fast as its settings allow.

Runs in the benchmark's own environment (requirements/bench.txt), not in the toolkit's. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import Any

from faststream.redis import RedisBroker, StreamSub
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

STREAM = "bench:faststream"
QUEUE = "bench"
WORKERS = 10
BATCH = 100
CALM_INTERVAL_SECONDS = 0.01


async def main(pace: str, dsn: str, redis_url: str, count: int) -> None:
    """Relay `count` events that are all there already (full), or that come one by one (calm)."""
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="bench_faststream_outbox")
    engine = create_async_engine(dsn, pool_size=WORKERS + 2)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
    outbox = OutboxBroker(engine, outbox_table=table, logger=None)
    redis = RedisBroker(redis_url, logger=None)

    @redis.publisher(stream=StreamSub(STREAM))
    @outbox.subscriber(
        QUEUE, max_workers=WORKERS, fetch_batch_size=BATCH, min_fetch_interval=0.001, terminal_flush_batch_size=BATCH
    )
    async def relay(body: dict[str, str]) -> dict[str, str]:
        return body

    await redis.connect()
    client = redis._connection
    await client.delete(STREAM)
    if pace == "full":
        await add(engine, outbox, count)
    begun = time.perf_counter()
    await redis.start()
    await outbox.start()
    measured = {"p99_ms": await calm(engine, outbox, client, count)} if pace == "calm" else {}
    while await client.xlen(STREAM) < count:
        await asyncio.sleep(0.005)
    measured |= {"seconds": time.perf_counter() - begun, "events": count}
    await outbox.stop()
    await redis.stop()
    await engine.dispose()
    sys.stdout.write(json.dumps(measured) + "\n")


async def add(engine: AsyncEngine, outbox: OutboxBroker, count: int) -> None:
    """Commit events in batches."""
    for first in range(0, count, BATCH):
        async with engine.begin() as connection:
            for number in range(first, min(first + BATCH, count)):
                await outbox.publish({"document_id": f"document-{number}"}, queue=QUEUE, session=connection)


async def calm(engine: AsyncEngine, outbox: OutboxBroker, client: Any, count: int) -> float:
    """The 99th percentile in milliseconds from an event's commit to its arrival in the stream."""
    committed: list[float] = []
    arrived: list[float] = []

    async def read() -> None:
        last: Any = "0-0"
        while len(arrived) < count:
            answer = await client.xread({STREAM: last}, block=1000)
            now = time.perf_counter()
            streams = answer.items() if isinstance(answer, dict) else (answer or ())
            for _, found in streams:
                entries = found[0] if isinstance(answer, dict) else found
                last = entries[-1][0]
                arrived.extend([now] * len(entries))

    reading = asyncio.create_task(read())
    for number in range(count):
        async with engine.begin() as connection:
            await outbox.publish({"document_id": f"document-{number}"}, queue=QUEUE, session=connection)
        committed.append(time.perf_counter())
        await asyncio.sleep(CALM_INTERVAL_SECONDS)
    await reading
    waits = [1000 * (there - here) for here, there in zip(committed, arrived, strict=True)]
    return statistics.quantiles(waits, n=100)[98]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
