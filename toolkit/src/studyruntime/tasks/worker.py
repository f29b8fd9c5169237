"""Runs tasks in this process and its children until it is told to stop."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

from celery import Celery, signals

from studyruntime.tasks.dead_letters import declare_dead_letter_queues

AGAIN_SECONDS = 5.0
"""From one quick stop to the next; two fit between the default of `stop_seconds` and the 60 s after which ECS kills."""


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
    impatience = Impatience(stop_seconds)
    signals.worker_shutting_down.connect(impatience.begin)
    try:
        worker.start()
    finally:
        impatience.end()
        signals.worker_shutting_down.disconnect(impatience.begin)
    return int(worker.exitcode or 0)


class Impatience:
    """Turns a polite stop that takes too long into a quick one (SIGQUIT is Celery's).

    A quick one may hang in turn: the signal can find the worker in the middle of what stops it. Celery cancels all
    again when it is signalled a second time, and leaves by force at the third.
    """

    def __init__(self, stop_seconds: float, *, again_seconds: float = AGAIN_SECONDS) -> None:
        self._waits = itertools.chain([stop_seconds], itertools.repeat(again_seconds))
        self._has_stopped = threading.Event()
        self._thread = threading.Thread(target=self._signal, name="impatience", daemon=True)

    def begin(self, **_signal: Any) -> None:
        """A stop was asked for; asked again, the time does not begin anew."""
        if not self._thread.is_alive():
            self._thread.start()

    def end(self) -> None:
        """It has stopped: no signal comes any more."""
        self._has_stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _signal(self) -> None:
        for seconds in self._waits:
            if self._has_stopped.wait(seconds):
                return
            os.kill(os.getpid(), signal.SIGQUIT)
