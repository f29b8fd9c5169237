"""Remembers which actions on which resources every caller asked for; each once, so that it stays small."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

from studyctl.adapters.emulator.authorised import Need, needs_of
from studyctl.adapters.emulator.calls import Call

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger("studyctl.emulator")
_MODELS = {
    "aps": "amp",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
"""What botocore calls services that sign with another name."""
_S3_CONTENT = ("PutObject", "UploadPart")
_BLOCK_OF_ACCOUNT = "/v20180820/configuration/publicAccessBlock"
"""A path of S3's API for accounts, which signs as S3 does. To delete the block is to put none (S3 API Reference)."""


class Recording:
    """Calls of one life of the emulator; safe to use from many threads."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._guard = threading.Lock()
        self._seen: dict[tuple[str, Need], None] = {}

    def add(self, call: Call, environ: WSGIEnvironment) -> None:
        """Remember what a request needs. What cannot be read is remembered by its operation alone."""
        if call.service == "unsigned":
            return
        try:
            needs = self._needs(call, environ)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a request, it is answered
            log.warning("%s %s was recorded without its resource: %s", call.service, call.what, error)
            needs = (Need(f"{call.service}:{call.what}"),)
        with self._guard:
            self._seen.update(dict.fromkeys((call.caller, need) for need in needs))

    def rows(self) -> list[dict[str, Any]]:
        """Every call, in the form that `iam prove --calls` reads."""
        with self._guard:
            return [{"role": caller, "action": need.action, "resource": need.resource} for caller, need in self._seen]

    def clear(self) -> None:
        """Forget everything."""
        with self._guard:
            self._seen.clear()

    def _needs(self, call: Call, environ: WSGIEnvironment) -> tuple[Need, ...]:
        request = Request(environ)
        if call.service == "s3" and request.path == _BLOCK_OF_ACCOUNT:
            return (Need(f"s3:{'Get' if request.method == 'GET' else 'Put'}AccountPublicAccessBlock"),)
        model = get_service_model(_MODELS.get(call.service, call.service))
        operation = call.operation
        labels: Mapping[str, Any] = {}
        if not operation:
            matched, labels = get_service_router(model.service_name).match(request)
            operation = str(matched.name)
        params = {} if operation in _S3_CONTENT else self._params(model, operation, labels, request)
        return needs_of(call.service, call.region, self._account, operation, {**labels, **params})

    @staticmethod
    def _params(model: Any, operation: str, labels: Any, request: Request) -> dict[str, Any]:
        protocol = determine_request_protocol(model, request.content_type)
        stream = request.environ["wsgi.input"]
        parser = PROTOCOL_PARSERS[protocol](model.operation_model(operation), map_type=dict)
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": labels,
            }
        )
        stream.seek(0)
        return dict(parsed)
