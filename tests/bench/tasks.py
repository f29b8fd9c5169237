"""How long a task takes from being enqueued to having run, against plain Celery on the same Valkey."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery
from tests.bench.peers import our_tasks, plain_celery
from tests.bench.rows import Row
from tests.bench.servers import Servers

from studyruntime.config import load_settings
from studyruntime.tasks import CeleryTaskQueue

TASKS = 200
WARM_UP = 20
PEERS = Path(__file__).parent / "peers"
ANSWER_SECONDS = 60


def rows(servers: Servers) -> Iterator[Row]:
    """The median of tasks sent one after the other, each when the one before has run."""
    variables = {"ENVIRONMENT": "local", "TASK_QUEUE_TYPE": "celery", **servers.valkey.variables()}
    queue = CeleryTaskQueue(load_settings(variables), our_tasks.TASKS)
    plain = Celery("plain", broker=servers.valkey.url)
    url = servers.valkey.url
    with _worker("our_tasks.py", variables):
        ours = _round_trip(servers, our_tasks.DONE, lambda number: queue.enqueue("bench.done", (url, number)))
    with _worker("plain_celery.py", {"CELERY_BROKER_URL": url}):
        theirs = _round_trip(
            servers,
            plain_celery.DONE,
            lambda number: plain.send_task("bench.done", (url, number), queue=plain_celery.QUEUE),
        )
    queue.close()
    plain.close()
    yield Row("task from enqueue to done, median: plain Celery", ours, theirs, unit="ms")


def _round_trip(servers: Servers, done: str, send: Callable[[int], object]) -> float:
    client = servers.valkey.client()
    waits = []
    for number in range(WARM_UP + TASKS):
        begun = time.perf_counter()
        send(number)
        answer: Any = client.blpop([done], timeout=ANSWER_SECONDS)
        if answer is None:
            raise RuntimeError(f"no worker answered on {done} in {ANSWER_SECONDS} s")
        waits.append(1000 * (time.perf_counter() - begun))
    client.close()
    return statistics.median(waits[WARM_UP:])


@contextmanager
def _worker(script: str, variables: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, str(PEERS / script)],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()
