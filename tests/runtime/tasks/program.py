"""A service with a few tasks: imported by tests for their names, and run as the worker that tests stop and kill.

A task says what it does by adding a line to the file that its first argument names: lines of several processes mix
but do not tear.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path

from studyruntime.config import load_settings
from studyruntime.errors import MessageRejected
from studyruntime.tasks import CeleryTaskQueue, RuntimeTask, TaskCatalogue, run_worker, task

QUEUE = "document_queue"
TASKS = TaskCatalogue()


class Observed(RuntimeTask):
    """Says what Celery tells it."""

    abstract = True

    def on_retry(self, exc, task_id, args, kwargs, einfo):  # type: ignore[no-untyped-def]
        say(args[0], f"retry {exc}")

    def on_failure(self, exc, task_id, args, kwargs, einfo):  # type: ignore[no-untyped-def]
        say(args[0], f"failure {type(exc).__name__}")


def say(file: str, words: str) -> None:
    with Path(file).open("a") as lines:
        lines.write(words + "\n")


@task("test.greet", queue=QUEUE, catalogue=TASKS)
def greet(file: str, name: str, *, mark: str = ".") -> None:
    say(file, f"hello {name}{mark}")


@task("test.flaky", queue=QUEUE, catalogue=TASKS, bind=True, base=Observed)
def flaky(self: RuntimeTask, file: str, failures: int) -> None:
    say(file, f"attempt {self.attempt} of {self.max_attempts}")
    if self.attempt <= failures:
        raise ValueError(f"number {self.attempt}")
    say(file, "done")


@task("test.hopeless", queue=QUEUE, catalogue=TASKS, base=Observed)
def hopeless(file: str) -> None:
    say(file, "attempt")
    raise MessageRejected("there is no such document")


@task("test.overlong", queue=QUEUE, catalogue=TASKS, bind=True, base=Observed, soft_time_limit=1)
def overlong(self: RuntimeTask, file: str) -> None:
    say(file, f"attempt {self.attempt}")
    if self.attempt == 1:
        time.sleep(600)


@task("test.gated", queue=QUEUE, catalogue=TASKS)
def gated(file: str) -> None:
    """Wait until the file `<file>.gate` exists."""
    say(file, f"begin {os.getppid()}")
    while not Path(file + ".gate").exists():
        time.sleep(0.02)
    say(file, f"end {os.getppid()}")


@task("test.suicidal", queue=QUEUE, catalogue=TASKS)
def suicidal(file: str, deaths: int) -> None:
    """Kill the process that runs it, as the kernel does when memory is short."""
    say(file, "attempt")
    if len(Path(file).read_text().splitlines()) <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    say(file, "done")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    settings = load_settings()
    queue = CeleryTaskQueue(settings, TASKS)
    sys.exit(run_worker(queue.celery, [QUEUE], concurrency=1, stop_seconds=settings.require_tasks().stop_seconds))
