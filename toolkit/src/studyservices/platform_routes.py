"""A process's pages as routes, for services that answer users on another port than Prometheus asks on."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from studyservices.status import PATHS, Status


def platform_router(status: Status) -> APIRouter:
    """Routes for balancers and releases. Metrics are not among them: the balancer would show them to everyone."""
    router = APIRouter(include_in_schema=False)

    async def show(request: Request) -> Response:
        answer = await run_in_threadpool(status.answer, request.url.path)
        return Response(answer.body, answer.status.value, media_type=answer.content_type)

    for path in PATHS:
        router.add_api_route(path, show, methods=["GET"], response_model=None)
    return router
