"""How both services over HTTP run: an application inside of what wraps every answer, until SIGTERM drained it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI

from studyruntime.metrics import Metrics
from studyservices.assembly import Assembly
from studyservices.draining import Draining
from studyservices.edge import FaultInjection, ReleaseHeader
from studyservices.platform_routes import platform_router
from studyservices.serving import Drain, serve
from studyservices.status_server import Check, StatusServer
from studyservices.surroundings import Surroundings


def answer(
    surroundings: Surroundings,
    build: Callable[[Assembly], FastAPI],
    choose_checks: Callable[[Assembly], Mapping[str, Check]],
) -> int:
    """Answer requests until SIGTERM; the exit code."""
    settings, options = surroundings.settings, surroundings.options
    draining = Draining()
    with Assembly(surroundings) as assembly:
        application = build(assembly)
        with StatusServer(surroundings, Metrics(), choose_checks(assembly), draining) as status_server:
            application.include_router(platform_router(surroundings, status_server.status))
            serve(
                ReleaseHeader(FaultInjection(application, surroundings.fault), settings.service.version),
                host=options.bind_address,
                port=settings.service.port,
                draining=draining,
                drain=Drain(options.drain_seconds, options.drain_timeout_seconds),
            )
    return 0
