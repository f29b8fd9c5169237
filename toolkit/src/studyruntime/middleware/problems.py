"""Errors as `application/problem+json` (RFC 9457), the one form in which a service tells of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.types import Scope, Send

from studyruntime.logs import current_correlation_id

CONTENT_TYPE = "application/problem+json"
TRY_AGAIN_LATER = 1013
"""RFC 6455 registry: the server cannot take this socket now."""


async def send_problem(
    scope: Scope,
    send: Send,
    status: HTTPStatus,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
) -> None:
    """Answer a request with a problem, or refuse a socket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": status.phrase})
        return
    problem: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if detail:
        problem["detail"] = detail
    correlation_id = current_correlation_id()
    if correlation_id is not None:
        problem["correlation_id"] = correlation_id
    body = json.dumps({**problem, **(members or {})}).encode()
    told = {"content-type": CONTENT_TYPE, "content-length": str(len(body)), **(headers or {})}
    raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status.value, "headers": raw_headers})
    await send({"type": "http.response.body", "body": body})
