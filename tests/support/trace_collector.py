"""Takes spans as an OpenTelemetry collector does: OTLP over HTTP, in protobuf, into memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from tests.support.servers.process import HOST


@dataclass(frozen=True)
class CollectedSpan:
    """A span as it arrived. `kind` and `status` are OTLP's numbers; `parent` is empty at the beginning of a trace."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    status: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]

    @property
    def service(self) -> str:
        """Who sent it."""
        return str(self.resource["service.name"])


class TraceCollector:
    """What has arrived so far. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[CollectedSpan] = []
        self._bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}"

    def take(self, body: bytes) -> None:
        """Keep what a request brought."""
        spans = [
            CollectedSpan(
                trace=span.trace_id.hex(),
                id=span.span_id.hex(),
                parent=span.parent_span_id.hex(),
                name=span.name,
                kind=span.kind,
                status=span.status.code,
                attributes=_plain(span.attributes),
                resource=_plain(of_resource.resource.attributes),
            )
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]
        with self._lock:
            self._spans += spans
            self._bodies.append(body)

    @property
    def spans(self) -> Sequence[CollectedSpan]:
        """Every span, in the order of arrival."""
        with self._lock:
            return tuple(self._spans)

    def has_seen(self, text: str) -> bool:
        """Whether a text was in anything that arrived."""
        with self._lock:
            return any(text.encode() in body for body in self._bodies)

    def serve(self) -> None:
        """Answer until `close`."""
        self._server.serve_forever(0.05)

    def close(self) -> None:
        """Take nothing more: connections are refused. What arrived stays. Closing twice does no harm."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def trace_collector() -> Iterator[TraceCollector]:
    """A collector that takes spans."""
    collector = TraceCollector()
    thread = threading.Thread(target=collector.serve, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.close()
        thread.join()


def _plain(attributes: Sequence[KeyValue]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}
