"""Sends spans without what is nobody's business, and says once, not each time, that nobody takes them."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from studyruntime.logs import get_logger

TOLD = frozenset(
    {
        "http.request.method",
        "http.method",
        "http.route",
        "http.response.status_code",
        "http.status_code",
        "url.scheme",
        "error.type",
        "server.address",
        "server.port",
        "net.peer.name",
        "net.peer.port",
        "db.system",
        "db.system.name",
        "db.name",
        "db.namespace",
        "db.statement",
        "db.query.text",
        "db.redis.pipeline_length",
        "rpc.system",
        "rpc.service",
        "rpc.method",
        "aws.s3.bucket",
        "aws.request_id",
        "messaging.message.id",
        "messaging.destination",
        "celery.action",
        "celery.state",
        "celery.task_name",
    }
)
"""The attributes that leave the process. Whatever else an instrumentation notes, now or in its next version, stays:
queries of URLs are what users search for, and messages of exceptions hold values of rows.

Statements hold placeholders where values go (every value is bound), and Redis' commands a `?` for each argument.
"""
_log = get_logger(__name__)


def discreet(span: ReadableSpan) -> ReadableSpan:
    """The span with the attributes that may be told, without events, and of its status only whether it failed."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in TOLD},
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class DiscreetExporter(SpanExporter):
    """An exporter around another. Called by one thread, which no request waits for."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_taken = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See `SpanExporter.export`. Spans that are not taken are dropped."""
        result = self._exporter.export([discreet(span) for span in spans])
        is_taken = result is SpanExportResult.SUCCESS
        if self._is_taken and not is_taken:
            _log.warning("the collector takes no traces; until it does they are dropped, and nothing else is affected")
        if is_taken and not self._is_taken:
            _log.info("the collector takes traces again")
        self._is_taken = is_taken
        return result

    def shutdown(self) -> None:
        """See `SpanExporter.shutdown`."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """See `SpanExporter.force_flush`."""
        return self._exporter.force_flush(timeout_millis)
