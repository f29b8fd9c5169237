"""The same worker with nothing but Celery. Imported for the task's name, run as the worker."""

from __future__ import annotations

import os

import redis
from celery import Celery

QUEUE = "bench_plain"
DONE = "bench:done:plain"

app = Celery("plain", broker=os.environ.get("CELERY_BROKER_URL", "redis://127.0.0.1"))
app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, worker_hijack_root_logger=False)


@app.task(name="bench.done")
def done(redis_url: str, number: int) -> None:
    """Tell whoever waits."""
    client = redis.Redis.from_url(redis_url)
    client.rpush(DONE, number)
    client.close()


if __name__ == "__main__":
    app.worker_main(["worker", "--concurrency=1", "--loglevel=ERROR", "--without-gossip", "--without-mingle"])
