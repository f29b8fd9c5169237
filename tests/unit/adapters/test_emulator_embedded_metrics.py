"""What services write for CloudWatch is what the emulator reads, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.embedded_metrics import Measurement, measurements
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey
from studyruntime.metrics import EmfBuffer, Kind, Metric, Unit

SEARCH = Metric("search_seconds", Kind.HISTOGRAM, Unit.SECONDS, "A search.")
QUEUE = Metric("queue_length", Kind.GAUGE, Unit.COUNT, "A queue.", ("queue",))
OF_SERVICE = {"service": "api", "environment": "dev"}


def document(**changes: Any) -> dict[str, Any]:
    """The example of the specification, as far as it matters."""
    directive = {"Namespace": "N", "Dimensions": [["service"]], "Metrics": [{"Name": "time", "Unit": "Seconds"}]}
    root = {"Timestamp": 1_574_109_732_004, "CloudWatchMetrics": [directive]}
    return {"_aws": root, "service": "api", "time": 1.5, **changes}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.floats(-1e6, 1e6))
def test_everything_that_a_service_writes_is_read(seconds: list[float], length: float) -> None:
    buffer = EmfBuffer(OF_SERVICE)
    for each in seconds:
        buffer.add(SEARCH, each, {})
    buffer.add(QUEUE, length, {"queue": "quiz"})
    found = [each for written in buffer.drain(90_500) for each in measurements(json.dumps(written))]

    search = MetricKey.of("StudyPlatform", "search_seconds", OF_SERVICE)
    queue = MetricKey.of("StudyPlatform", "queue_length", {**OF_SERVICE, "queue": "quiz"})
    assert found == [*(Measurement(search, each, 90.5) for each in seconds), Measurement(queue, length, 90.5)]


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    several = document()
    several["_aws"]["CloudWatchMetrics"][0]["Dimensions"] = [["service"], []]
    found = measurements(json.dumps(several))

    assert [each.key.dimensions for each in found] == [(("service", "api"),), ()]
    assert {each.value for each in found} == {1.5}


@pytest.mark.parametrize(
    "line",
    [
        "",
        'no document, though it names "_aws"',
        "[]",
        json.dumps({"time": 1.5}),
        json.dumps({"_aws": {}}),
        json.dumps(document(service=None) | {"_aws": {"Timestamp": "soon", "CloudWatchMetrics": []}}),
        json.dumps({key: value for key, value in document().items() if key != "service"}),
        json.dumps({key: value for key, value in document().items() if key != "time"}),
        json.dumps(document(time="slow")),
        json.dumps(document(time=True)),
        json.dumps(document(time=[1.0] * 101)),
    ],
)
def test_what_breaks_the_format_measures_nothing(line: str) -> None:
    assert measurements(line) == ()


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_no_line_breaks_the_reader(line: str) -> None:
    assert measurements(f'{{"_aws": {line}}}') == ()
