"""faststream-outbox at its best: relays rows of PostgreSQL to a Redis stream, as fast as its settings allow.

Runs in the benchmark's own environment (requirements/bench.txt), not in the toolkit's. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from faststream.redis import RedisBroker, StreamSub
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

STREAM = "bench:faststream"
QUEUE = "bench"
WORKERS = 10
BATCH = 100


async def main(dsn: str, redis_url: str, count: int) -> None:
    """Fill the table, then time from the relay's start to the last entry of the stream."""
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

    for first in range(0, count, BATCH):
        async with engine.begin() as connection:
            for number in range(first, min(first + BATCH, count)):
                await outbox.publish({"document_id": f"document-{number}"}, queue=QUEUE, session=connection)
    await redis.connect()
    client = redis._connection
    await client.delete(STREAM)
    begun = time.perf_counter()
    await redis.start()
    await outbox.start()
    while await client.xlen(STREAM) < count:
        await asyncio.sleep(0.005)
    seconds = time.perf_counter() - begun
    await outbox.stop()
    await redis.stop()
    await engine.dispose()
    sys.stdout.write(json.dumps({"seconds": seconds, "events": count}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
