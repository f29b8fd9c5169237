"""The refusals that frameworks and tokens make, in the form in which the runtime tells of all others (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from studyruntime.logs import current_correlation_id
from studyruntime.middleware.problems import CONTENT_TYPE
from studyservices.errors import InvalidToken


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that says what is wrong and what to do about it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return JSONResponse({**body, "correlation_id": current_correlation_id()}, int(status), headers, CONTENT_TYPE)


def token_problem(refusal: InvalidToken) -> JSONResponse:
    """Who is not let in is told how he would be (RFC 9110, 11.6.1)."""
    return problem(HTTPStatus.UNAUTHORIZED, str(refusal), {"WWW-Authenticate": "Bearer"})


def install_problems(application: FastAPI) -> None:
    """Let an application refuse with problems."""

    def on_token(_request: Request, error: Exception) -> JSONResponse:
        return token_problem(cast("InvalidToken", error))

    def on_status(_request: Request, error: Exception) -> JSONResponse:
        refused = cast("HTTPException", error)
        return problem(refused.status_code, str(refused.detail), refused.headers)

    def on_invalid(_request: Request, error: Exception) -> JSONResponse:
        found = cast("RequestValidationError", error).errors()
        details = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(details))

    application.add_exception_handler(InvalidToken, on_token)
    application.add_exception_handler(HTTPException, on_status)
    application.add_exception_handler(RequestValidationError, on_invalid)
