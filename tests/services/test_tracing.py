"""What tracing decides by itself: which spans are made, what of them is told, and what is said of a dead collector."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from studyruntime.config import TracesSampler, load_settings
from studyruntime.errors import ConfigurationError
from studyservices.tracing.delivery import DiscreetExporter, discreet
from studyservices.tracing.requests import BeginTraces, is_left_out
from studyservices.tracing.sampling import OnlyWithinWork, sampler_of

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Exported(SpanExporter):
    """An exporter that keeps what it is given, and takes it or not."""

    def __init__(self, *results: SpanExportResult) -> None:
        self.spans: list[ReadableSpan] = []
        self._results = list(results)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return self._results.pop(0) if self._results else SpanExportResult.SUCCESS


@pytest.fixture
def exported() -> Exported:
    return Exported()


@pytest.fixture
def tracer(exported: Exported) -> trace.Tracer:
    """One that makes spans as the services do."""
    provider = TracerProvider(sampler=OnlyWithinWork(ALWAYS_ON), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exported))
    return provider.get_tracer("test")


def test_a_call_is_a_part_of_something_or_no_span(tracer: trace.Tracer, exported: Exported) -> None:
    tracer.start_span("poll", kind=SpanKind.CLIENT).end()
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        tracer.start_span("SELECT", kind=SpanKind.CLIENT).end()

    assert [span.name for span in exported.spans] == ["SELECT", "request"]


def test_what_may_be_private_stays_in_the_process(tracer: trace.Tracer, exported: Exported) -> None:
    with tracer.start_as_current_span("GET /api/search", kind=SpanKind.SERVER) as span:
        span.set_attributes({"http.route": "/api/search", "url.query": "query=my+illness", "db.user": "study"})
        span.record_exception(ValueError("row of a person"))
        span.set_status(StatusCode.ERROR, "row of a person")

    (made,) = exported.spans
    told = discreet(made)
    assert dict(told.attributes or {}) == {"http.route": "/api/search"}
    assert (told.events, told.status.description) == ((), None)
    assert (told.name, told.kind, told.status.status_code) == (made.name, made.kind, StatusCode.ERROR)
    assert (told.context, told.parent, told.resource) == (made.context, made.parent, made.resource)
    assert (told.start_time, told.end_time) == (made.start_time, made.end_time)


def test_a_dead_collector_is_told_of_once_until_it_is_back() -> None:
    failure, success = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    exporter = DiscreetExporter(Exported(failure, failure, success, success, failure))
    with capture_logs() as lines:
        for _ in range(5):
            exporter.export([])

    assert [line["log_level"] for line in lines] == ["warning", "info", "warning"]


@pytest.mark.parametrize(
    ("sampler", "ratio", "description"),
    [
        ("always_on", None, "AlwaysOnSampler"),
        ("parentbased_traceidratio", "0.25", "ParentBased{root:TraceIdRatioBased{0.25}"),
        ("traceidratio", "0", "TraceIdRatioBased{0.0}"),
        (None, None, "ParentBased{root:AlwaysOnSampler"),
    ],
)
def test_the_standard_variables_choose_what_is_kept(sampler: str | None, ratio: str | None, description: str) -> None:
    variables = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": ratio}
    settings = load_settings({name: value for name, value in variables.items() if value is not None}).traces

    assert sampler_of(settings).get_description().startswith(description)


def test_every_sampler_is_known() -> None:
    for sampler in TracesSampler:
        assert sampler_of(load_settings({"OTEL_TRACES_SAMPLER": sampler.value}).traces)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/?x"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        load_settings({variable: value})


def test_a_path_of_the_endpoint_is_kept_and_its_slash_is_not() -> None:
    given = load_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example/otlp/"})
    assert given.traces.endpoint == "https://collector.example/otlp"


def test_a_trace_begins_with_us() -> None:
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(_message: Message) -> None:
        raise AssertionError("nothing is sent")

    kept = (b"authorization", b"Bearer x")
    taken = [(b"traceparent", TRACEPARENT.encode()), (b"tracestate", b"a=b"), (b"baggage", b"a=b")]
    given = {"type": "http", "headers": [*taken, kept]}
    asyncio.run(BeginTraces(application)(given, receive, send))
    asyncio.run(BeginTraces(application)({"type": "lifespan"}, receive, send))

    assert [scope.get("headers") for scope in seen] == [[kept], None]
    assert len(given["headers"]) == 4, "what belongs to the server is left alone"


@pytest.mark.parametrize(
    ("scope", "is_out"),
    [
        ({"type": "http", "path": "/api/documents"}, False),
        ({"type": "http", "path": "/notifications"}, False),
        ({"type": "http", "path": "/health/ready"}, True),
        ({"type": "http", "path": "/version"}, True),
        ({"type": "websocket", "path": "/ws"}, True),
    ],
)
def test_what_the_platform_asks_for_itself_is_not_traced(scope: Scope, is_out: bool) -> None:
    assert is_left_out(scope) is is_out


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    """The SDK's metrics are left out of account: redis-py imports them wherever they are installed."""
    program = """
import sys
from studyruntime.config import load_settings
from studyservices.roles import answering, outbox_relay, scheduler, working
from studyservices.tracing.lifetime import trace_tasks, tracing
trace_tasks(load_settings({}))
with tracing(load_settings({})):
    for part in ("sdk.trace", "exporter", "instrumentation"):
        print(part, [name for name in sys.modules if name.startswith("opentelemetry." + part)])
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["sdk.trace []", "exporter []", "instrumentation []"]
