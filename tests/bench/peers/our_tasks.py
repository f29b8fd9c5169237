"""A worker of the runtime layer with one task that says when it ran. Imported for its name, run as the worker."""

from __future__ import annotations

import os

import redis

from studyruntime.config import load_settings
from studyruntime.tasks import CeleryTaskQueue, TaskCatalogue, run_worker, task

QUEUE = "document_queue"
DONE = "bench:done:ours"
TASKS = TaskCatalogue()


@task("bench.done", queue=QUEUE, catalogue=TASKS)
def done(redis_url: str, number: int) -> None:
    """Tell whoever waits."""
    client = redis.Redis.from_url(redis_url)
    client.rpush(DONE, number)
    client.close()


if __name__ == "__main__":
    raise SystemExit(run_worker(CeleryTaskQueue(load_settings(os.environ), TASKS).celery, [QUEUE]))
