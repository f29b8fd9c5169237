"""Begins and ends tracing in a process. Only here are the SDK and its instrumentations imported, and only when asked.

Workers begin in each child that Celery forks: a thread that sends spans does not survive a fork, and the parent of the
children does no work of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from studyruntime.config import Settings
from studyruntime.logs import get_logger

LONGEST_FLUSH_SECONDS = 5.0
"""Of the time that ECS gives a task to stop; what is not sent by then is lost."""
_log = get_logger(__name__)


@contextmanager
def tracing(settings: Settings) -> Iterator[None]:
    """Trace while the `with` block runs, if OTEL_EXPORTER_OTLP_ENDPOINT says where to; send the rest at its end.

    Once in a process: OpenTelemetry cannot be begun twice.
    """
    if settings.traces.endpoint is None:
        yield
        return
    from studyservices.tracing.instrumentation import instrument  # noqa: PLC0415 - the SDK takes its time to import

    provider = instrument(settings)
    _say_so(settings)
    try:
        yield
    finally:
        _flush(provider.shutdown)


def trace_tasks(settings: Settings) -> None:
    """Trace each task that the worker's children run, if OTEL_EXPORTER_OTLP_ENDPOINT says where to."""
    if settings.traces.endpoint is None:
        return
    # Imported before the fork: a child that takes longer than a few seconds to begin is killed by its parent.
    from celery import signals  # noqa: PLC0415
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415

    from studyservices.tracing.instrumentation import instrument  # noqa: PLC0415

    def begin(**_: Any) -> None:
        provider = instrument(settings)
        CeleryInstrumentor().instrument(tracer_provider=provider)
        signals.worker_process_shutdown.connect(lambda **_: _flush(provider.shutdown), weak=False)

    signals.worker_process_init.connect(begin, weak=False)
    _say_so(settings)


def _say_so(settings: Settings) -> None:
    traces = settings.traces
    _log.info("traces are sent", endpoint=traces.endpoint, sampler=traces.sampler.value, ratio=traces.sampler_ratio)


def _flush(shut_down: Callable[[], None]) -> None:
    """Not longer than it may take: the SDK itself would wait for half a minute for a collector that hangs."""
    flush = threading.Thread(target=shut_down, name="flush-traces", daemon=True)
    flush.start()
    flush.join(LONGEST_FLUSH_SECONDS)
