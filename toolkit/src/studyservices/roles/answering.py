"""How both services over HTTP run: an application inside of what wraps every answer, until SIGTERM drained it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI

from studyruntime.health import Check, HealthChecks
from studyruntime.metrics import Metrics
from studyservices.assembly import Assembly
from studyservices.draining import Draining
from studyservices.instruments import measuring
from studyservices.platform_routes import platform_router
from studyservices.serving import Drain, serve
from studyservices.status import Status
from studyservices.status_server import StatusServer
from studyservices.surroundings import Surroundings
from studyservices.tracing.lifetime import tracing
from studyservices.tracing.requests import BeginTraces


def answer(
    surroundings: Surroundings,
    build: Callable[[Assembly, Metrics], FastAPI],
    choose_checks: Callable[[Assembly, Metrics], Mapping[str, Check]],
) -> int:
    """Answer requests until SIGTERM; the exit code."""
    settings, options = surroundings.settings, surroundings.options
    draining = Draining()
    with tracing(settings), measuring(settings) as metrics, Assembly(surroundings, metrics) as assembly:
        health = HealthChecks(is_draining=lambda: draining.has_begun, metrics=metrics)
        for name, check in choose_checks(assembly, metrics).items():
            health.add(name, check)
        status = Status(surroundings, health, metrics)
        application = build(assembly, metrics)
        application.include_router(platform_router(status))
        with StatusServer(surroundings, status):
            serve(
                BeginTraces(application),
                host=options.bind_address,
                port=settings.service.port,
                draining=draining,
                drain=Drain(options.drain_seconds, options.drain_timeout_seconds),
            )
    return 0
