"""One AWS call as the emulator sees it: whose it is, what it asks for, and how an error is said in its protocol."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SCOPE = re.compile(r"Credential=(?P<caller>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_CBOR_OPERATION = re.compile(r"/operation/(?P<operation>\w+)$")
_ATTEMPT = re.compile(r"attempt=(?P<number>\d+)")
_FORM = "application/x-www-form-urlencoded"
_XML_SERVICES = frozenset({"cloudfront", "route53"})


@dataclass(frozen=True)
class Call:
    """`operation` is empty for REST protocols, where method and path say it; `attempt` counts an SDK's retries."""

    service: str
    region: str
    operation: str
    method: str
    path: str
    is_form: bool
    attempt: int = 1
    caller: str = ""
    """The access key: `test` for whoever is not told another one, the name of its role for a task."""

    @property
    def what(self) -> str:
        """The operation, or what stands for it."""
        return self.operation or f"{self.method} {self.path}"


def identify(environ: WSGIEnvironment) -> Call:
    """Read service and region from the signature's scope, the operation from header, form or path."""
    query = environ.get("QUERY_STRING", "")
    signature = environ.get("HTTP_AUTHORIZATION", "") or query.replace("X-Amz-Credential=", "Credential=").replace(
        "%2F", "/"
    )
    scope = _SCOPE.search(signature)
    attempt = _ATTEMPT.search(environ.get("HTTP_AMZ_SDK_REQUEST", ""))
    is_form = environ.get("CONTENT_TYPE", "").startswith(_FORM)
    return Call(
        service=scope["service"].lower() if scope else "unsigned",
        region=scope["region"] if scope else "",
        operation=_operation(environ, _buffered(environ) if is_form else b"", query),
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        is_form=is_form,
        attempt=int(attempt["number"]) if attempt else 1,
        caller=scope["caller"] if scope else "",
    )


def buffer_body(environ: WSGIEnvironment) -> None:
    """Take the whole body off the socket: a slow sender then holds no lock, and the next request can follow it."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH", "")
    body = b""
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    elif length:
        body = stream.read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)


def error_response(call: Call, code: str, message: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an error that every AWS SDK can read in the protocol of `call`."""
    if call.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    elif call.service == "ec2":
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        text = f"<Response><Errors>{error}</Errors><RequestID>emulator</RequestID></Response>"
    elif call.is_form or call.service in _XML_SERVICES:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        text = f"<ErrorResponse>{error}<RequestId>emulator</RequestId></ErrorResponse>"
    else:
        text = ""
    body = text.encode() if text else json.dumps({"__type": code, "message": message}).encode()
    content_type = "text/xml" if text else "application/json"
    return [("Content-Type", content_type), ("x-amzn-errortype", code), ("Content-Length", str(len(body)))], body


def _buffered(environ: WSGIEnvironment) -> bytes:
    stream = environ["wsgi.input"]
    body: bytes = stream.read()
    stream.seek(0)
    return body


def _operation(environ: WSGIEnvironment, form: bytes, query: str) -> str:
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rsplit(".", 1)[-1]
    cbor = _CBOR_OPERATION.search(environ.get("PATH_INFO", ""))
    if cbor:
        return cbor["operation"]
    action = parse_qs(form.decode("utf-8", "replace") if form else query).get("Action", [""])
    return action[0]
