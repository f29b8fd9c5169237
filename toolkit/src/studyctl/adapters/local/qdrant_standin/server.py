"""The stand-in over HTTP: which operation a path means, the key that callers need, and the form of every answer."""

from __future__ import annotations

import hmac
import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from typing import Any
from urllib.parse import unquote, urlsplit

from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.qdrant_standin import operations
from studyctl.adapters.local.qdrant_standin.collections import Collections
from studyctl.adapters.local.qdrant_standin.faults import NOT_FOUND, UNAUTHORIZED, Refusal, unsupported, wrong_input
from studyctl.adapters.local.qdrant_standin.operations import Operation, Request

log = logging.getLogger("studyctl.qdrant_standin")

VERSION = "1.20.0"
"""What clients are told; they warn when it is more than one minor version away from theirs."""
OPEN_PATHS = frozenset({"/", "/healthz", "/livez", "/readyz"})
LARGEST_BODY_BYTES = 32 * 1024 * 1024
_TOO_LARGE = 413
_OK, _FAILED = 200, 500

_COLLECTION = "/collections/{collection}"
ROUTES: Mapping[tuple[str, str], Operation] = {
    ("GET", "/collections"): operations.list_collections,
    ("GET", "/aliases"): operations.list_aliases,
    ("GET", _COLLECTION): operations.describe_collection,
    ("PUT", _COLLECTION): operations.create_collection,
    ("DELETE", _COLLECTION): operations.delete_collection,
    ("GET", f"{_COLLECTION}/exists"): operations.collection_exists,
    ("GET", f"{_COLLECTION}/aliases"): operations.list_aliases,
    ("PUT", f"{_COLLECTION}/index"): operations.create_index,
    ("DELETE", f"{_COLLECTION}/index/{{field}}"): operations.delete_index,
    ("PUT", f"{_COLLECTION}/points"): operations.upsert_points,
    ("POST", f"{_COLLECTION}/points"): operations.retrieve_points,
    ("GET", f"{_COLLECTION}/points/{{point}}"): operations.get_point,
    ("POST", f"{_COLLECTION}/points/delete"): operations.delete_points,
    ("POST", f"{_COLLECTION}/points/payload"): operations.set_payload,
    ("PUT", f"{_COLLECTION}/points/payload"): operations.overwrite_payload,
    ("POST", f"{_COLLECTION}/points/payload/delete"): operations.delete_payload,
    ("POST", f"{_COLLECTION}/points/payload/clear"): operations.clear_payload,
    ("POST", f"{_COLLECTION}/points/count"): operations.count_points,
    ("POST", f"{_COLLECTION}/points/scroll"): operations.scroll_points,
    ("POST", f"{_COLLECTION}/points/query"): operations.query_points,
    ("POST", f"{_COLLECTION}/points/query/batch"): operations.query_points_batch,
    ("POST", f"{_COLLECTION}/points/search"): operations.search_points,
}
_PATTERNS = [
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)), operation)
    for (method, template), operation in ROUTES.items()
]


@dataclass(frozen=True)
class StandIn:
    """What every connection shares. Without a key everybody is let in; each answer waits for `delay_seconds`."""

    collections: Collections
    api_key: str | None = field(default=None, repr=False)
    delay_seconds: float = 0.0

    def lets_in(self, path: str, headers: Message) -> bool:
        """Whether this caller may ask this."""
        if self.api_key is None or path in OPEN_PATHS:
            return True
        offered = headers.get("api-key") or (headers.get("Authorization") or "").removeprefix("Bearer ")
        return hmac.compare_digest(offered.encode(), self.api_key.encode())

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        began = time.monotonic()
        time.sleep(self.delay_seconds)
        try:
            if (plain := self._plain(method, path)) is not None:
                return _OK, *plain
            result: dict[str, Any] = {"result": self._result(method, path, body), "status": "ok"}
            status = _OK
        except Refusal as refusal:
            status, result = refusal.status, {"status": {"error": str(refusal)}}
        except Exception as error:  # the boundary: the caller is told, the log has all
            log.exception("%s %s", method, path)
            status, result = _FAILED, {"status": {"error": f"Service internal error: {error}"}}
        document = {**result, "time": time.monotonic() - began}
        return status, "application/json", json.dumps(document).encode()

    def _plain(self, method: str, path: str) -> tuple[str, bytes] | None:
        """What is not wrapped as a result is."""
        if method != "GET":
            return None
        if path == "/":
            engine = f"qdrant-edge-py {metadata.version('qdrant-edge-py')}"
            document = {"title": f"qdrant stand-in ({engine})", "version": VERSION, "commit": None}
            return "application/json", json.dumps(document).encode()
        if path == "/metrics":
            return "text/plain; version=0.0.4", self._metrics().encode()
        if path in OPEN_PATHS:
            return "text/plain", f"{path[1:]} check passed".encode()
        return None

    def _metrics(self) -> str:
        names = self.collections.names
        lines = ["# TYPE collections_total gauge", f"collections_total {len(names)}", "# TYPE collection_points gauge"]
        for name in names:
            described = operations.describe_collection(Request(self.collections, {"collection": name}, {}))
            label = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            lines.append(f'collection_points{{id="{label}"}} {described["points_count"]}')
        return "\n".join(lines) + "\n"

    def _result(self, method: str, path: str, body: bytes) -> Any:
        operation, names = _find(method, path)
        try:
            document = json.loads(body) if body else {}
        except ValueError as error:
            raise wrong_input(f"the body is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise wrong_input("the body is an object")
        try:
            return operation(Request(self.collections, names, document, len(body)))
        except Refusal:
            raise
        except KeyError as error:
            raise wrong_input(f"{error.args[0]} is missing") from error
        except (ValueError, TypeError, OverflowError) as error:
            raise wrong_input(str(error)) from error
        except Exception as error:
            # the engine raises bare exceptions for what it refuses
            if type(error) is not Exception:
                raise
            raise wrong_input(str(error)) from error


def _find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    is_known = False
    for wanted, pattern, operation in _PATTERNS:
        found = pattern.fullmatch(path)
        is_known = is_known or found is not None
        if found is not None and wanted == method:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    if is_known or path.startswith("/collections"):
        raise unsupported(f"{method} {path}")
    raise Refusal(NOT_FOUND, f"Not found: {path}")


class Handler(BaseHTTPRequestHandler):
    """One connection: many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: QdrantServer

    def handle_any(self) -> None:
        """Answer one request of any method."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY_BYTES:
            self.close_connection = True
            self._send(_TOO_LARGE, "text/plain", b"Payload error: too large")
            return
        body = self.rfile.read(length)
        path = urlsplit(self.path).path
        if not self.server.stand_in.lets_in(path, self.headers):
            self._send(UNAUTHORIZED, "text/plain", b"Must provide an API key or an Authorization bearer token")
            return
        self._send(*self.server.stand_in.answer(self.command, path, body))

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = handle_any

    def log_message(self, format: str, *arguments: Any) -> None:
        """Only what failed is worth a line."""
        if len(arguments) > 1 and str(arguments[1])[:1] in "45":
            log.info(format, *arguments)

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class QdrantServer(ThreadingHTTPServer):
    """The listener."""

    request_queue_size = 128

    def __init__(self, port: int, stand_in: StandIn) -> None:
        super().__init__((HOST, port), Handler)
        self.stand_in = stand_in
