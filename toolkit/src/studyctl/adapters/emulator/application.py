"""The WSGI application: control paths, moto with its extensions, and 501 for what nobody answers.

A provider retries 500 for minutes and 501 not at all, so every hole and every crash becomes a 501 that names the
service and the operation, and is counted.
"""

from __future__ import annotations

import gc
import json
import logging
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.wrappers import Response

from studyctl.adapters.emulator.calls import Call, error_response, identify
from studyctl.adapters.emulator.coverage import Coverage
from studyctl.adapters.emulator.dispatch import Dispatcher
from studyctl.adapters.emulator.endpoint import CALLS_PATH, CONTROL_PREFIX, STATUS_PATH
from studyctl.adapters.emulator.extensions import registry
from studyctl.adapters.emulator.recording import Recording
from studyctl.domain.target import EMULATED_ACCOUNT_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("studyctl.emulator")

NOT_IMPLEMENTED = "NotImplemented"
EMULATOR_FAILURE = "EmulatorFailure"

# Loaded in the background while terraform still initialises: EC2 alone takes 1.7 s.
WARM_SERVICES = ("sts", "s3", "iam", "ec2")


class EmulatorApplication:
    """Answers every request of one life of the emulator."""

    def __init__(self, *, boot_id: str, started_at: datetime) -> None:
        registry.check_moto_version()
        self._boot_id = boot_id
        self._started_at = started_at
        self._coverage = Coverage()
        self._recording = Recording(EMULATED_ACCOUNT_ID)
        self._dispatcher = Dispatcher()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO", "").startswith(CONTROL_PREFIX):
            return self._control(environ)(environ, start_response)
        started = time.perf_counter()
        call = identify(environ)
        self._coverage.request(call.service)
        self._recording.add(call, environ)
        response = self._answer(call, environ)
        milliseconds = (time.perf_counter() - started) * 1000
        again = f" attempt {call.attempt}" if call.attempt > 1 else ""
        log.info(
            "%s %s %s %d %.0f ms%s", call.service, call.region, call.what, response.status_code, milliseconds, again
        )
        return response(environ, start_response)

    def exclusively(self, service: str) -> AbstractContextManager[None]:
        """Hold a service by moto's name for it: its requests wait meanwhile."""
        return self._dispatcher.exclusively(service)

    def warm_up(self) -> None:
        """Load what every run needs first, before it is asked for."""
        for name in WARM_SERVICES:
            self._dispatcher.load(name)
        # what is loaded by now lives for ever: no collection need walk through it again
        gc.freeze()

    def _answer(self, call: Call, environ: WSGIEnvironment) -> Response:
        try:
            response = self._dispatcher.service(environ).answer(environ)
        except NotImplementedError as error:
            operation = _operation_name(call, environ)
            self._coverage.unimplemented(call.service, operation, str(error))
            log.warning("%s has no %s: %s", call.service, operation, error)
            return _refusal(call, NOT_IMPLEMENTED, f"the emulator has no {call.service}:{operation} ({error})")
        except Exception as error:
            operation = _operation_name(call, environ)
            reason = f"{type(error).__name__}: {error}"
            self._coverage.failure(call.service, operation, reason)
            log.exception("%s %s crashed", call.service, operation)
            return _refusal(call, EMULATOR_FAILURE, f"the emulator crashed in {call.service}:{operation} ({reason})")
        if _is_unrouted(call, response):
            operation = _operation_name(call, environ)
            self._coverage.unimplemented(call.service, operation, "moto knows no such action")
            log.warning("%s has no %s", call.service, operation)
            return _refusal(call, NOT_IMPLEMENTED, f"the emulator has no {call.service}:{operation}")
        return response

    def _control(self, environ: WSGIEnvironment) -> Response:
        if environ["PATH_INFO"] == CALLS_PATH:
            return self._recorded(environ["REQUEST_METHOD"])
        if environ["PATH_INFO"] != STATUS_PATH:
            return _json(404, {"message": f"no such control path; there are {STATUS_PATH} and {CALLS_PATH}"})
        if environ["REQUEST_METHOD"] != "GET":
            return _json(405, {"message": f"{STATUS_PATH} answers GET only"})
        return _json(
            200,
            {
                "boot_id": self._boot_id,
                "started_at": self._started_at.isoformat(),
                "uptime_seconds": (datetime.now(UTC) - self._started_at).total_seconds(),
                "moto_version": metadata.version("moto"),
                **self._coverage.report(),
            },
        )

    def _recorded(self, method: str) -> Response:
        """GET tells the calls recorded so far, DELETE tells and forgets them."""
        if method not in ("GET", "DELETE"):
            return _json(405, {"message": f"{CALLS_PATH} answers GET and DELETE only"})
        rows = self._recording.rows()
        if method == "DELETE":
            self._recording.clear()
        return _json(200, {"calls": rows})


def _json(status: int, content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), status=status, content_type="application/json")


def _refusal(call: Call, code: str, message: str) -> Response:
    headers, body = error_response(call, code, message)
    return Response(body, status=501, headers=headers)


def _is_unrouted(call: Call, response: Response) -> bool:
    """moto answers 404 and nothing else when a path belongs to no operation of the service."""
    return (
        response.status_code == 404  # noqa: PLR2004
        and call.method != "HEAD"
        and call.service not in ("s3", "unsigned")
        and not response.get_data()
    )


def _operation_name(call: Call, environ: WSGIEnvironment) -> str:
    if call.operation:
        return call.operation
    # a service may sign as cleanrooms-ml and be known as cleanroomsml
    for name in (call.service, call.service.replace("-", "")):
        try:
            operation, _ = get_service_router(name).match(Request(environ))
        except Exception:  # noqa: BLE001, S112 - a name for a message; method and path do as well
            continue
        return str(operation.name)
    return call.what
