"""The trace that the work at hand belongs to, in the form of W3C Trace Context.

Only OpenTelemetry's API is used here: without its SDK in the process, which `studyservices.tracing` brings where it is
asked for, no span is made, and a trace that came from elsewhere is carried on all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"
"""The header of HTTP, the header of a task's message and the attribute of an event (CloudEvents' extension)."""

_W3C = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("studyruntime")


def current_traceparent() -> str | None:
    """What continues the trace of this thread or task elsewhere, if it has one."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(TRACEPARENT)


def current_trace_id() -> str | None:
    """The id to look the trace up by; None also for a trace that sampling left out, as there is nothing to be found."""
    span = trace.get_current_span().get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid and span.trace_flags.sampled else None


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Everything inside belongs to the trace that came with a message; None, or what is no traceparent, to none."""
    token = context.attach(_W3C.extract({} if traceparent is None else {TRACEPARENT: traceparent}))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def sending(name: str) -> Iterator[dict[str, str]]:
    """A span around handing over a message; what is yielded is to travel with it."""
    with _span(f"send {name}", SpanKind.PRODUCER):
        traceparent = current_traceparent()
        yield {} if traceparent is None else {TRACEPARENT: traceparent}


@contextmanager
def receiving(name: str, traceparent: str | None) -> Iterator[None]:
    """A span around the work on a message, in the trace that the message came with."""
    with continued(traceparent), _span(f"receive {name}", SpanKind.CONSUMER):
        yield


@contextmanager
def doing(job: str) -> Iterator[None]:
    """A span around a job that nobody asked for: the beginning of a trace, whatever goes on around it."""
    with continued(None), _span(job, SpanKind.INTERNAL):
        yield


def mark_failed(failure: BaseException) -> None:
    """Let the span at hand be one that failed. What the failure says may be private: only its type is told."""
    mark(trace.get_current_span(), type(failure).__qualname__)


def mark(span: Span, error_type: str) -> None:
    """Let a span be one that failed."""
    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)


@contextmanager
def _span(name: str, kind: SpanKind) -> Iterator[None]:
    with _tracer.start_as_current_span(name, kind=kind, record_exception=False, set_status_on_exception=False) as span:
        try:
            yield
        except Exception as failure:
            mark(span, type(failure).__qualname__)
            raise
