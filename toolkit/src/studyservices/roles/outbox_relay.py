"""The role `outbox-relay`: what transactions committed goes to the stream and to the queues. Several may run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from studyruntime.config import OutboxSettings
from studyruntime.health import HealthChecks
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import OUTBOX_AGE, OUTBOX_DEAD, OUTBOX_PUBLISHED, OUTBOX_REFUSED
from studyruntime.outbox import Batch, OutboxRelay, OutboxRow, OutboxTarget, Outcome, StreamTarget
from studyruntime.outbox.rabbitmq import RabbitTarget
from studyservices.assembly import Assembly
from studyservices.instruments import measured, measuring
from studyservices.outbox_backlog import measure_outbox
from studyservices.status import Status
from studyservices.status_server import StatusServer
from studyservices.stopping import stop_on_signals
from studyservices.surroundings import Surroundings
from studyservices.tracing.lifetime import tracing
from studyservices.work.dispatch import DispatchingTarget


def run(surroundings: Surroundings) -> int:
    """Relay until SIGTERM and finish the batch at hand; the exit code."""
    settings = surroundings.settings
    with (
        stop_on_signals() as stop,
        tracing(settings),
        measuring(settings) as metrics,
        Assembly(surroundings) as assembly,
    ):
        target = HeldUpTarget(_target(assembly, settings.outbox), surroundings.fault.delay_seconds, stop)
        relay = OutboxRelay(settings.outbox, assembly.database, target, observe=_observer(metrics))
        health = HealthChecks(is_draining=stop.is_set, metrics=metrics)
        health.add("database", measured(assembly.database, metrics))
        health.add("broker", assembly.broker.ping)
        measure = partial(measure_outbox, assembly.database, metrics)
        metrics.measure_for_cloudwatch(measure)
        with StatusServer(surroundings, Status(surroundings, health, metrics, measure)):
            relay.run(stop)
        target.close()
    return 0


class HeldUpTarget:
    """The fault `slow`: every round waits before it begins, but not for longer than the relay runs."""

    def __init__(self, target: OutboxTarget, delay_seconds: float, stop: threading.Event) -> None:
        self._target = target
        self._delay_seconds = delay_seconds
        self._stop = stop

    def publish(self, rows: Sequence[OutboxRow]) -> list[Outcome]:
        """See `OutboxTarget.publish`."""
        self._stop.wait(self._delay_seconds)
        return self._target.publish(rows)

    def close(self) -> None:
        """See `OutboxTarget.close`."""
        self._target.close()


def _target(assembly: Assembly, settings: OutboxSettings) -> OutboxTarget:
    if settings.target == "rabbitmq" and settings.rabbitmq_url is not None:
        events: OutboxTarget = RabbitTarget(settings.rabbitmq_url.get_secret_value())
    else:
        events = StreamTarget(assembly.broker)
    return DispatchingTarget(events, assembly.tasks, assembly.codec)


def _observer(metrics: Metrics) -> Callable[[Batch, float], None]:
    def observe(batch: Batch, age_seconds: float) -> None:
        metrics.count(OUTBOX_PUBLISHED, batch.published)
        metrics.count(OUTBOX_REFUSED, batch.refused)
        metrics.count(OUTBOX_DEAD, batch.dead)
        if batch.published:
            metrics.observe(OUTBOX_AGE, age_seconds)

    return observe
