"""How every worker runs: Celery over one queue, beside a server that says how it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from celery import signals

from studyruntime.errors import Unavailable
from studyruntime.health import Check, HealthChecks
from studyruntime.tasks import CeleryTaskQueue, run_worker
from studyservices.forking import ForkGate
from studyservices.instruments import QUEUE_LENGTH, measuring
from studyservices.status import Status
from studyservices.status_server import StatusServer
from studyservices.surroundings import Surroundings
from studyservices.tracing.lifetime import trace_tasks


def _leave_logging_alone(**_: object) -> None:
    """Celery sets logging up, and its level to warnings, unless somebody says that he did: the role did."""


def work(surroundings: Surroundings, queue: str, checks: Mapping[str, Check]) -> int:
    """Work on a queue until SIGTERM, finish what was begun, and return the exit code. The workshop must be open."""
    options = surroundings.options
    signals.setup_logging.connect(_leave_logging_alone)
    trace_tasks(surroundings.settings)
    tasks = CeleryTaskQueue(surroundings.settings)
    with measuring(surroundings.settings) as metrics:
        gate = ForkGate()
        health = HealthChecks(metrics=metrics)
        for name, check in {"queue": lambda: tasks.length(queue), **checks}.items():
            health.add(name, gate.guarded(check))

        def measure() -> None:
            with gate.passing(), suppress(Unavailable):  # the check of the queue says so
                metrics.set(QUEUE_LENGTH, tasks.length(queue), queue=queue)

        with StatusServer(surroundings, Status(surroundings, health, metrics, measure)):
            return run_worker(
                tasks.celery, [queue], concurrency=options.worker_concurrency, stop_seconds=options.stop_seconds
            )
