"""What every service over HTTP answers about itself: how it is, and which release it is."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from studyservices.status_server import Status
from studyservices.surroundings import Surroundings


def platform_router(surroundings: Surroundings, status: Status) -> APIRouter:
    """Routes for balancers, containers and releases; no user needs them."""
    router = APIRouter(include_in_schema=False)

    async def tell_health(path: str) -> Response:
        code, content_type, body = await run_in_threadpool(status.answer, path)
        return Response(body, code, media_type=content_type)

    @router.get("/health")
    async def health() -> Response:
        return await tell_health("/health")

    @router.get("/health/live")
    async def live() -> Response:
        return await tell_health("/health/live")

    @router.get("/health/ready")
    async def ready() -> Response:
        return await tell_health("/health/ready")

    @router.get("/version")
    async def version() -> Response:
        service = surroundings.settings.service
        return JSONResponse(
            {"service": service.name, "release": service.version, "commit": surroundings.options.commit}
        )

    return router
