"""What both services over HTTP have in common around their routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from studyruntime.metrics import Metrics
from studyruntime.middleware import JSON_ONLY, BodyRule, standard_middleware
from studyruntime.ratelimit import RateLimiter
from studyservices.assembly import Assembly
from studyservices.callers import proven_user
from studyservices.edge import FaultInjection, ReleaseHeader
from studyservices.problems import install_problems
from studyservices.tracing.requests import is_left_out

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def build_application(
    assembly: Assembly,
    metrics: Metrics,
    *,
    title: str,
    routers: Sequence[APIRouter],
    desk: object,
    body_rules: Sequence[BodyRule] = (JSON_ONLY,),
    statuses: Mapping[type[Exception], HTTPStatus] | None = None,
    lifespan: Lifespan = nullcontext,
) -> FastAPI:
    """An application with the runtime's middleware around it. `desk` is what its routes work with."""
    settings = assembly.surroundings.settings
    limiter = RateLimiter(settings.rate_limits, settings.broker, settings.aws)

    @asynccontextmanager
    async def live(_application: FastAPI) -> AsyncIterator[None]:
        async with lifespan():
            yield
        await limiter.close()

    application = FastAPI(
        title=title,
        version=settings.service.version,
        docs_url=None,  # pages with scripts from elsewhere; the schema at /openapi.json is all that tools need
        redoc_url=None,
        # A span of each request, where tracing is on; what else FastAPI would tell has messages of exceptions in it.
        telemetry={
            "exclude": is_left_out,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        lifespan=live,
        middleware=[
            Middleware(ReleaseHeader, settings.service.version),
            *standard_middleware(
                settings,
                metrics,
                limiter,
                lambda scope: proven_user(scope, assembly.signer),
                body_rules=body_rules,
                statuses=statuses,
            ),
            Middleware(FaultInjection, assembly.surroundings.fault),
        ],
    )
    application.state.desk = desk
    for router in routers:
        application.include_router(router)
    install_problems(application)
    return application
