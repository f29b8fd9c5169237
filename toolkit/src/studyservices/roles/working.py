"""How every worker runs: Celery over one queue, beside a server that says how it is."""

from __future__ import annotations

from studyruntime.tasks import build_celery, run_worker
from studyservices.status_server import StatusServer
from studyservices.surroundings import Surroundings
from studyservices.tasks import workshop


def work(surroundings: Surroundings, queue: str) -> int:
    """Work on a queue until SIGTERM, finish what was begun, and return the exit code."""
    workshop.open(surroundings)
    application = build_celery(surroundings.settings)
    with StatusServer(surroundings):
        return run_worker(application, [queue], concurrency=surroundings.options.worker_concurrency)
