"""Foreseen failures as answers over HTTP: problem details (RFC 9457). What is not foreseen is left to the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from studyruntime.errors import RuntimeFailure, Unavailable
from studyruntime.logs import current_correlation_id, get_logger
from studyservices.api.library import NoSuchThing, NotNow
from studyservices.api.uploads import UploadRefused
from studyservices.errors import InvalidToken

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = "5"
_log = get_logger(__name__)


def problem(status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that says what is wrong and what to do about it."""
    body = {"type": "about:blank", "title": title, "status": status, "correlation_id": current_correlation_id()}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def render_failure(failure: RuntimeFailure) -> JSONResponse:
    """The answer to a failure that was foreseen."""
    match failure:
        case InvalidToken():
            return problem(401, failure.what, failure.hint, {"WWW-Authenticate": "Bearer"})
        case NoSuchThing():
            return problem(404, failure.what, failure.hint)
        case NotNow():
            return problem(409, failure.what, failure.hint)
        case UploadRefused():
            return problem(failure.status, failure.what, failure.hint)
        case Unavailable():  # what it said is for the log: it may name hosts
            _log.warning("dependency unavailable", dependency=failure.dependency, detail=failure.detail)
            title = f"{failure.dependency} is unavailable"
            return problem(503, title, "Try again in a moment.", {"Retry-After": RETRY_AFTER_SECONDS})
        case _:
            _log.error("request failed", failure=type(failure).__name__, what=failure.what)
            return problem(500, "this cannot be answered")


def install_problems(application: FastAPI) -> None:
    """Let an application answer with problems."""

    def on_failure(_request: Request, error: Exception) -> JSONResponse:
        return render_failure(cast("RuntimeFailure", error))

    def on_status(_request: Request, error: Exception) -> JSONResponse:
        refused = cast("HTTPException", error)
        return problem(refused.status_code, str(refused.detail), headers=refused.headers)

    def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        found = cast("RequestValidationError", error).errors()
        details = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
        return problem(422, "the request is not valid", "; ".join(details))

    application.add_exception_handler(RuntimeFailure, on_failure)
    application.add_exception_handler(HTTPException, on_status)
    application.add_exception_handler(RequestValidationError, on_invalid)
