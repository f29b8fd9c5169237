from __future__ import annotations

import json
import threading

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from studyruntime.metrics import ALL_METRICS, EmfBuffer, EmfWriter, Kind, Metric, Metrics, Unit
from studyruntime.metrics.definitions import CACHE_REQUESTS, HTTP_SECONDS, POOL_IN_USE, REPLICA_LAG
from studyruntime.metrics.emf import MAX_VALUES

DIMENSIONS = {"service": "api", "environment": "staging"}


def test_names_follow_the_conventions_of_prometheus() -> None:
    assert len({metric.name for metric in ALL_METRICS}) == len(ALL_METRICS)
    for metric in ALL_METRICS:
        assert metric.name.startswith("study_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.unit is not Unit.SECONDS or metric.name.endswith("_seconds")
        assert metric.description.endswith(".")


def test_what_is_reported_is_exposed() -> None:
    metrics = Metrics()
    metrics.count(CACHE_REQUESTS, level="first", result="hit")
    metrics.count(CACHE_REQUESTS, 2, level="first", result="hit")
    metrics.set(POOL_IN_USE, 3)
    metrics.observe(HTTP_SECONDS, 0.02, method="GET", route="/")

    families = {family.name: family for family in text_string_to_metric_families(metrics.exposition().decode())}

    (cache,) = [s for s in families["study_cache_requests"].samples if s.name.endswith("_total")]
    assert (cache.value, cache.labels) == (3.0, {"level": "first", "result": "hit"})
    assert families["study_database_connections_in_use"].samples[0].value == 3.0
    count = next(s for s in families["study_http_request_seconds"].samples if s.name.endswith("_count"))
    assert count.value == 1.0


def test_a_value_can_be_asked_for() -> None:
    metrics = Metrics()

    assert metrics.value(CACHE_REQUESTS, level="first", result="hit") == 0.0
    metrics.count(CACHE_REQUESTS, level="first", result="hit")
    assert metrics.value(CACHE_REQUESTS, level="first", result="hit") == 1.0


def test_a_label_that_a_metric_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="label"):
        Metrics().count(CACHE_REQUESTS, level="first", colour="red")


def test_documents_are_what_powertools_would_write() -> None:
    buffer = EmfBuffer(DIMENSIONS)
    reference = AmazonCloudWatchEMFProvider(namespace="StudyPlatform", metric_set={}, dimension_set={})
    for name, text in {**DIMENSIONS, "method": "GET", "route": "/"}.items():
        reference.add_dimension(name, text)
    for value in (0.5, 0.25):
        buffer.add(HTTP_SECONDS, value, {"method": "GET", "route": "/"})
        reference.add_metric(HTTP_SECONDS.name, "Seconds", value)
    reference.timestamp = 1_700_000_000_000

    (document,) = buffer.drain(1_700_000_000_000)

    assert document == reference.serialize_metric_set()


def test_counters_are_sums_since_the_last_write_and_gauges_the_last_value() -> None:
    buffer = EmfBuffer(DIMENSIONS)
    metrics = Metrics(emf=buffer)
    for _ in range(3):
        metrics.count(CACHE_REQUESTS, level="first", result="hit")
    metrics.count(CACHE_REQUESTS, level="second", result="hit")
    for lag in (1.0, 2.0):
        metrics.set(REPLICA_LAG, lag, replica="a")

    documents = buffer.drain(0)

    assert [document[CACHE_REQUESTS.name] for document in documents[:2]] == [3.0, 1.0]
    assert documents[2][REPLICA_LAG.name] == 2.0
    metrics.count(CACHE_REQUESTS, level="first", result="hit")
    assert [document[CACHE_REQUESTS.name] for document in buffer.drain(0)] == [1.0]
    assert buffer.drain(0) == []


@given(st.lists(st.floats(0, 100), min_size=1, max_size=400))
def test_of_many_values_a_sample_is_kept(values: list[float]) -> None:
    buffer = EmfBuffer({})
    metric = Metric("m", Kind.HISTOGRAM, Unit.SECONDS, "M.")
    for value in values:
        buffer.add(metric, value, {})

    (document,) = buffer.drain(0)

    assert len(document["m"]) == min(len(values), MAX_VALUES)
    assert set(document["m"]) <= set(values)
    assert len(values) > MAX_VALUES or document["m"] == values


def test_the_writer_writes_lines_while_it_runs_and_the_rest_at_its_end() -> None:
    buffer, lines, written = EmfBuffer(DIMENSIONS), list[str](), threading.Event()

    def write(line: str) -> None:
        lines.append(line)
        written.set()

    writer = EmfWriter(buffer, write, interval_seconds=0.01)
    writer.start()
    buffer.add(POOL_IN_USE, 1, {})
    assert written.wait(30)
    buffer.add(POOL_IN_USE, 2, {})
    writer.close()

    assert [json.loads(line)[POOL_IN_USE.name] for line in lines] == [1, 2]
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in lines)


def test_the_writer_measures_before_it_writes_and_a_failure_silences_nothing_else() -> None:
    buffer, lines, failed = EmfBuffer(DIMENSIONS), [], threading.Event()
    metrics = Metrics(emf=buffer)
    written = threading.Event()

    def write(line: str) -> None:
        lines.append(line)
        written.set()

    def measure() -> None:
        metrics.set(POOL_IN_USE, 7)
        failed.set()
        raise ConnectionError("what is measured is away")

    metrics.measure_for_cloudwatch(measure)
    writer = EmfWriter(buffer, write, interval_seconds=0.01, refresh=metrics.refresh)
    writer.start()
    assert failed.wait(30)
    assert written.wait(30)
    writer.close()

    assert json.loads(lines[0])[POOL_IN_USE.name] == 7
