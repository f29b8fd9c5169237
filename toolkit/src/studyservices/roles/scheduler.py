"""The role `scheduler`: does what has to be done from time to time. Of several, one at a time does it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import psycopg

from studyruntime.broker.connection import RedisConnection, credentials_for
from studyruntime.config import Environment, Settings
from studyruntime.errors import RuntimeFailure
from studyruntime.health import HealthChecks
from studyruntime.logs import get_logger
from studyruntime.metrics import Metrics
from studyruntime.traces import doing, mark_failed
from studyservices.assembly import Assembly
from studyservices.instruments import JOBS_DONE, measured, measuring
from studyservices.options import Options
from studyservices.shared_state import SharedState
from studyservices.status import Status
from studyservices.status_server import StatusServer
from studyservices.stopping import stop_on_signals
from studyservices.surroundings import Surroundings
from studyservices.tracing.lifetime import tracing
from studyservices.upkeep import Upkeep, UpkeepRules

LOCK_ID = 0x5354_5544_5953_4348  # "STUDYSCH": an advisory lock that nothing else takes
_log = get_logger(__name__)


def run(surroundings: Surroundings) -> int:
    """Look again and again until SIGTERM, and finish the round at hand; the exit code."""
    settings, options = surroundings.settings, surroundings.options
    with (
        stop_on_signals() as stop,
        tracing(settings),
        measuring(settings) as metrics,
        Assembly(surroundings) as assembly,
    ):
        upkeep = Upkeep(assembly.database, assembly.journal, assembly.removal, _rules(options))
        health = HealthChecks(is_draining=stop.is_set, metrics=metrics)
        health.add("database", measured(assembly.database, metrics))
        with (
            _looking_at_shared_state(assembly, settings, metrics) as measure,
            StatusServer(surroundings, Status(surroundings, health, metrics, measure)),
        ):
            while not stop.is_set():
                _do_round(assembly, upkeep.jobs, stop, metrics)
                stop.wait(options.scheduler_interval_seconds)
    return 0


@contextmanager
def _looking_at_shared_state(assembly: Assembly, settings: Settings, metrics: Metrics) -> Iterator[Callable[[], None]]:
    """What is asked of queues and cache before metrics are told. In the cloud nothing: AWS measures them itself."""
    if settings.environment is Environment.CLOUD:
        yield lambda: None
        return
    broker = settings.require_broker()
    with closing(RedisConnection(broker, credentials_for(broker, settings.aws))) as cache:
        yield SharedState(assembly.database, assembly.tasks, cache, metrics).measure


def _do_round(
    assembly: Assembly, jobs: Mapping[str, Callable[[], int]], stop: threading.Event, metrics: Metrics
) -> None:
    """Do every job, unless another scheduler is at it. A job that fails leaves the others alone and comes again."""
    try:
        with assembly.database.raw_connection() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_ID,)).fetchone()
            if row != (True,):
                return
            for name, job in jobs.items():
                if stop.is_set():
                    return
                _do(name, job, metrics)
    except psycopg.OperationalError as error:
        _log.warning("scheduler waits for the database", problem=str(error).strip())


def _do(name: str, job: Callable[[], int], metrics: Metrics) -> None:
    with doing(name):
        try:
            count = job()
        except RuntimeFailure as failure:
            mark_failed(failure)
            _log.warning("job failed", job=name, problem=failure.what)
        except Exception as failure:  # noqa: BLE001 - a job with a bug must not stop the others
            mark_failed(failure)
            _log.exception("job failed", job=name)
        else:
            if count:
                metrics.count(JOBS_DONE, count, job=name)
                _log.info("job done", job=name, count=count)


def _rules(options: Options) -> UpkeepRules:
    return UpkeepRules(
        stuck_after_seconds=options.stuck_after_seconds,
        max_attempts=options.max_attempts,
        document_retention_days=options.document_retention_days,
        notification_retention_days=options.notification_retention_days,
    )
