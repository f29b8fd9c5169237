"""The API as an ASGI application."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from fastapi import FastAPI

from studyruntime.metrics import Metrics
from studyruntime.middleware import JSON_ONLY, BodyRule
from studyservices.api.desk import Desk
from studyservices.api.library import NotNow
from studyservices.api.routes import router
from studyservices.api.uploads import EmptyUpload, TypeNotRead, UploadTooLarge
from studyservices.assembly import Assembly
from studyservices.instruments import VECTOR_SEARCH
from studyservices.web import build_application

FORM_BYTES = 64 * 1024  # what a form needs beside its file
STATUSES: dict[type[Exception], HTTPStatus] = {
    NotNow: HTTPStatus.CONFLICT,
    EmptyUpload: HTTPStatus.UNPROCESSABLE_ENTITY,
    UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TypeNotRead: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}


def build_api(assembly: Assembly, metrics: Metrics) -> FastAPI:
    """The application over the parts of a process; nothing is connected yet."""
    surroundings = assembly.surroundings
    desk = Desk(
        library=assembly.library,
        details=assembly.details,
        removal=assembly.removal,
        storage=assembly.storage,
        passages=assembly.passages.observed(partial(metrics.observe, VECTOR_SEARCH)),
        signer=assembly.signer,
        options=surroundings.options,
    )
    return build_application(
        assembly,
        metrics,
        title="study",
        routers=[router],
        desk=desk,
        body_rules=[
            BodyRule("/api/documents/", JSON_ONLY.max_bytes, JSON_ONLY.content_types),
            BodyRule("/api/documents", surroundings.options.max_upload_bytes + FORM_BYTES, ("multipart/form-data",)),
        ],
        statuses=STATUSES,
    )
