"""A proxy between a service and AWS, or what stands in for it: it passes every call on and keeps what was called."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.servers.moto import REGION
from tests.support.servers.process import HOST

from studyctl.domain.policy.capabilities.behaviour import Call

ACCOUNT = "123456789012"
_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})
_S3 = {"PUT": "PutObject", "POST": "PutObject", "GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}


class Recorder:
    """Listens on a port of its own, for one service alone; `calls` are what it made."""

    def __init__(self, target: str) -> None:
        self.calls: list[Call] = []
        self._server = ThreadingHTTPServer((HOST, 0), _handler(urlsplit(target).netloc, self.calls))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def call_of(method: str, path: str, target: str, body: bytes) -> Call:
    """Return what a request means to IAM."""
    if target:
        service, _, operation = target.partition(".")
        return _json_call(service.removeprefix("Amazon").lower(), operation, json.loads(body or b"{}"))
    parts = urlsplit(path)
    bucket, _, key = parts.path.lstrip("/").partition("/")
    query = parse_qs(parts.query, keep_blank_values=True)
    if not key:
        return Call("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    action = "AbortMultipartUpload" if method == "DELETE" and "uploadId" in query else _S3[method]
    return Call(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}")


def _json_call(service: str, operation: str, body: Mapping[str, Any]) -> Call:
    action = f"{service}:{operation.removesuffix('Batch')}"
    if service == "sqs":
        name = body.get("QueueName") or str(body.get("QueueUrl", "")).rpartition("/")[2]
        return Call(action, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}" if name else "*")
    return Call(action)


def _handler(target: str, calls: list[Call]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: tests read what was called."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            calls.append(call_of(self.command, self.path, self.headers.get("X-Amz-Target", ""), body))
            connection = http.client.HTTPConnection(target, timeout=90)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in (*_HOP, "expect")}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    return Handler
