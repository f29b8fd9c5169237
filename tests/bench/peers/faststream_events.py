"""faststream on a Redis stream: published, read by a consumer of a group, acknowledged. Prints one JSON object.

Runs in the benchmark's own environment (requirements/bench.txt), not in the toolkit's.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from faststream.redis import RedisBroker, StreamSub

STREAM = "bench:faststream-events"
BATCH = 100


async def main(redis_url: str, count: int) -> None:
    """Publish batches, each when the one before was handled, as the other measurements do."""
    broker = RedisBroker(redis_url, logger=None)
    handled = asyncio.Queue[int]()

    @broker.subscriber(
        stream=StreamSub(STREAM, group="bench", consumer="one", batch=True, max_records=BATCH, polling_interval=1000)
    )
    async def handle(events: list[dict[str, str]]) -> None:
        handled.put_nowait(len(events))

    await broker.start()
    payload = {"type": "document.processed", "data": json.dumps({"document_id": "doc456", "text": "x" * 200})}
    begun = time.perf_counter()
    client = await broker.connect()
    for _ in range(count // BATCH):
        async with client.pipeline(transaction=True) as pipeline:
            for _ in range(BATCH):
                await broker.publish(payload, stream=STREAM, pipeline=pipeline)
            await pipeline.execute()
        done = 0
        while done < BATCH:
            done += await handled.get()
    seconds = time.perf_counter() - begun
    await broker.stop()
    sys.stdout.write(json.dumps({"seconds": seconds, "events": count}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
