"""Runs tasks in this process and its children until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

from celery import Celery, signals

from studyruntime.tasks.dead_letters import declare_dead_letter_queues


def run_worker(app: Celery, queues: Sequence[str], *, concurrency: int = 1, stop_seconds: float = 45.0) -> int:
    """Work until SIGTERM or SIGINT; the exit code. Must be called in the main thread.

    SIGTERM stops taking tasks and lets the running ones finish. After `stop_seconds` they are cancelled and given back
    at once, because whoever stops the worker would kill it soon and leave them to the visibility timeout.
    """
    declare_dead_letter_queues(app)
    worker = app.Worker(
        queues=list(queues),
        concurrency=concurrency,
        pool="prefork",
        loglevel=None,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    impatience = _Impatience(stop_seconds)
    signals.worker_shutting_down.connect(impatience.begin)
    try:
        worker.start()
    finally:
        impatience.end()
        signals.worker_shutting_down.disconnect(impatience.begin)
    return int(worker.exitcode or 0)


class _Impatience:
    """Turns a polite stop that takes too long into a quick one (SIGQUIT is Celery's)."""

    def __init__(self, stop_seconds: float) -> None:
        self._timer = threading.Timer(stop_seconds, os.kill, (os.getpid(), signal.SIGQUIT))
        self._timer.daemon = True

    def begin(self, **_signal: Any) -> None:
        """A stop was asked for; asked again, the time does not begin anew."""
        if not self._timer.is_alive():
            self._timer.start()

    def end(self) -> None:
        """It has stopped."""
        self._timer.cancel()
