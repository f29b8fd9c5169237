"""A trace goes along with messages, and is carried on also where no span is made."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from studyruntime.config import load_settings
from studyruntime.events.catalogue import UserNotification
from studyruntime.events.codec import EventCodec
from studyruntime.logs import configure_logging, get_logger
from studyruntime.traces import continued, current_trace_id, current_traceparent, receiving, sending

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
KEPT, LEFT_OUT = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"


def test_without_a_trace_there_is_none() -> None:
    with sending("task") as headers:
        assert headers == {}
    assert (current_traceparent(), current_trace_id()) == (None, None)


@pytest.mark.parametrize(("traceparent", "trace_id"), [(KEPT, TRACE), (LEFT_OUT, None)])
def test_a_trace_from_elsewhere_is_carried_on(traceparent: str, trace_id: str | None) -> None:
    with receiving("task", traceparent), sending("next") as headers:
        assert headers == {"traceparent": traceparent}
        assert current_trace_id() == trace_id
    assert current_traceparent() is None


@given(st.none() | st.text() | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{30,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}"))
def test_whatever_came_with_a_message_harms_nobody(traceparent: str | None) -> None:
    with continued(KEPT), continued(traceparent):
        found = current_traceparent()
    assert found is None or found[3:52] == (traceparent or "").strip()[3:52]


def test_an_event_brings_its_trace() -> None:
    codec = EventCodec(allows_plaintext=True)
    with continued(KEPT):
        event = UserNotification(user_id="u", notification_type="t", title="t", message="m")
    assert json.loads(codec.encode(event))["traceparent"] == KEPT
    assert codec.decode(codec.encode(event)).traceparent == KEPT

    without = UserNotification(user_id="u", notification_type="t", title="t", message="m")
    assert "traceparent" not in json.loads(codec.encode(without))
    with continued(KEPT):
        assert codec.decode(codec.encode(without)).traceparent is None, "of whoever told it, not of whoever reads it"


@pytest.mark.parametrize(("sampler", "is_told"), [(ALWAYS_ON, True), (ALWAYS_OFF, False)])
def test_a_log_line_names_the_trace_if_it_can_be_found(sampler: Sampler, is_told: bool) -> None:
    stream = io.StringIO()
    configure_logging(load_settings({}), stream)
    tracer = TracerProvider(sampler=sampler, shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("request") as span:
        get_logger("test").info("inside")
    get_logger("test").info("outside")

    inside, outside = map(json.loads, stream.getvalue().splitlines())
    assert inside.get("trace_id") == (f"{span.get_span_context().trace_id:032x}" if is_told else None)
    assert "trace_id" not in outside
