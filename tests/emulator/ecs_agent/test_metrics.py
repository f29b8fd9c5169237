"""Metric math, the store behind it, and queries over both."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.ecs_agent.data_endpoints import Cache, Database, VectorDatabase
from studyctl.adapters.emulator.ecs_agent.data_metrics import DataMetrics, RunningServer
from studyctl.adapters.emulator.ecs_agent.metric_math import Series, UnsupportedExpression, evaluate
from studyctl.adapters.emulator.ecs_agent.metric_query import MetricQuery, Window, resolve, returned
from studyctl.adapters.emulator.ecs_agent.metric_store import FINE_SECONDS, KEPT_SECONDS, MetricKey, MetricStore, Sample
from studyctl.adapters.local.process_table import identify

A: Series = (1.0, None, 3.0)
B: Series = (10.0, 20.0, None)
PLACE = Place("123456789012", "us-east-1")
KEY = MetricKey.of("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": "app/x"})


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("a + b", (11.0, None, None)),
        ("1 + 2 * 3 ^ 2 - 4 / 2", (17.0, 17.0, 17.0)),
        ("-a * 2", (-2.0, None, -6.0)),
        ("SUM([a, b])", (11.0, 20.0, 3.0)),
        ("MAX([a, b]) - MIN([a, b])", (9.0, 0.0, 0.0)),
        ("AVG(a)", (2.0, 2.0, 2.0)),
        ("a / (a - 1)", (None, None, 1.5)),
        ("a >= 2 OR b > 15", (0.0, None, None)),
        ("IF(a > 1, 100, b)", (10.0, None, 100.0)),
        ("b / FILL(a, 5)", (10.0, 4.0, None)),
        ("FILL(a, REPEAT)", (1.0, 1.0, 3.0)),
        ("CEIL(a / 2) + FLOOR(b / 3) + ABS(-1)", (5.0, None, None)),
    ],
)
def test_expressions_are_computed_point_by_point(expression: str, result: Series) -> None:
    assert evaluate(expression, {"a": A, "b": B}, length=3) == result


def test_the_platforms_error_rate_needs_traffic_and_only_one_colour() -> None:
    formula = (
        "IF(SUM([requests_blue, requests_green]) >= 20, "
        "100 * SUM([errors_blue, errors_green]) / SUM([requests_blue, requests_green]), 0)"
    )
    nothing: Series = (None,) * 4
    series = {
        "requests_blue": (100.0, 10.0, 40.0, None),
        "requests_green": nothing,
        "errors_blue": (5.0, 10.0, None, None),
        "errors_green": nothing,
    }

    assert evaluate(formula, series, length=4) == (5.0, 0.0, None, None)


@pytest.mark.parametrize(
    "expression", ["", "a +", "a b", "nobody", "RATE(a)", "[a, b]", "(a", "1 / 0", "a ? b", "SUM(1)"]
)
def test_what_cannot_be_computed_is_refused(expression: str) -> None:
    with pytest.raises(UnsupportedExpression):
        evaluate(expression, {"a": A, "b": B}, length=3)


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200), st.sampled_from([50, 95, 99]))
def test_statistics_are_those_of_all_values(values: list[float], percent: int) -> None:
    sample = Sample()
    for value in values:
        sample.add(value)
    ranked = sorted(values)
    exact = ranked[max(0, -(-len(ranked) * percent // 100) - 1)]

    assert sample.statistic("SampleCount") == len(values)
    assert sample.statistic("Sum") == pytest.approx(sum(values))
    assert (sample.statistic("Minimum"), sample.statistic("Maximum")) == (ranked[0], ranked[-1])
    assert sample.statistic(f"p{percent}") == pytest.approx(exact, rel=0.011)
    assert sample.statistic("Mode") is None


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(-10, 10)), max_size=50),
    st.sampled_from([1.0, 7.0, 60.0]),
    st.integers(0, 5000),
)
def test_every_value_is_in_exactly_one_period(values: list[tuple[int, float]], period: float, end: int) -> None:
    store = MetricStore()
    for second, value in values:
        store.add(KEY, value, at_seconds=second)
    samples = store.samples(KEY, start_seconds=0, end_seconds=end, period_seconds=period)

    assert sum(sample.count for sample in samples) == sum(second < end for second, _ in values)


def test_old_data_become_minutes_and_then_nothing() -> None:
    store = MetricStore()
    for second in range(120):
        store.add(KEY, 1.0, at_seconds=second)
    store.forget_old(now_seconds=120 + FINE_SECONDS)
    minutes = store.samples(KEY, start_seconds=0, end_seconds=120, period_seconds=60)
    store.forget_old(now_seconds=121 + KEPT_SECONDS)

    assert [sample.count for sample in minutes] == [60.0, 60.0]
    assert store.metrics() == []


def test_queries_are_computed_in_the_order_in_which_they_need_one_another() -> None:
    store = MetricStore()
    for second, count in ((100, 4), (101, 0), (102, 2)):
        store.add_statistics(KEY, count=count, total=count, minimum=1, maximum=1, at_seconds=second)
    window = Window(end_seconds=103, period_seconds=1, periods=3)
    queries = [
        MetricQuery("half", expression="twice / 4", is_returned=True),
        MetricQuery("twice", expression="requests * 2", is_returned=False),
        MetricQuery("requests", KEY, "Sum", is_returned=False),
    ]

    assert resolve(queries, store, window)["twice"] == (8.0, None, 4.0)
    assert returned(queries, store, window) == (2.0, None, 1.0)


def test_queries_that_need_one_another_are_refused() -> None:
    circle = [MetricQuery("a", expression="b + 1"), MetricQuery("b", expression="a + 1")]
    with pytest.raises(UnsupportedExpression, match="a, b"):
        resolve(circle, MetricStore(), Window(10, 1, 3))


def test_databases_tell_how_much_room_is_left_and_the_node_of_vectors_that_it_serves(tmp_path: Path) -> None:
    store, metrics = MetricStore(), DataMetrics()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows").write_bytes(b"x" * 4096)
    database = Database("db-1", "main", (), "study", "owner", "secret", instances=("main", "main-2"), storage_gib=1)
    vectors = VectorDatabase("v", "v", (), group="study-vector-db", storage_gib=1)
    cache = Cache("c", "study-cache", (), (), nodes=("study-cache-001", "study-cache-002"))
    myself = identify(os.getpid())
    assert myself is not None
    with socket.create_server(("127.0.0.1", 0)) as node:
        port = node.getsockname()[1]
        running = [
            RunningServer(PLACE, each, tmp_path, port, myself, volume_bytes=volume)
            for each, volume in ((database, 0), (cache, 0), (vectors, 1024**3))
        ]
        metrics.measure(store, running, at_seconds=100)
    metrics.measure(store, running[2:], at_seconds=200)

    def value(namespace: str, name: str, at: int, **dimensions: str) -> float | None:
        key = MetricKey.of(namespace, name, dimensions)
        (sample,) = store.samples(key, start_seconds=at, end_seconds=at + 1, period_seconds=1)
        return sample.statistic("Minimum")

    free = [value("AWS/RDS", "FreeStorageSpace", 100, DBInstanceIdentifier=name) for name in database.instances]
    for name in cache.nodes:
        for dimensions in ({"CacheClusterId": name}, {"CacheClusterId": name, "CacheNodeId": "0001"}):
            busy = value("AWS/ElastiCache", "EngineCPUUtilization", 100, **dimensions)
            assert busy is not None, "each node is measured"
            assert 0 <= busy <= 100
    assert value("AWS/ElastiCache", "EngineCPUUtilization", 100, ReplicationGroupId="study-cache") is None
    assert free == [1024**3 - 4096.0] * 2
    lag = [value("AWS/RDS", "ReplicaLag", 100, DBInstanceIdentifier=name) for name in database.instances]
    assert lag == [None, 0.0], "a primary follows nobody"
    group = {"AutoScalingGroupName": "study-vector-db"}
    assert value("VectorDatabase", "DataVolumeUsed", 100, **group) == pytest.approx(100 * 4096 / 1024**3)
    assert value("VectorDatabase", "Ready", 100, **group) == 1.0
    assert value("VectorDatabase", "Ready", 200, **group) == 0.0, "nobody listens any more"


def test_a_database_that_has_ended_reports_nothing(tmp_path: Path) -> None:
    store, metrics = MetricStore(), DataMetrics()
    database = Database("db-1", "main", (), "study", "owner", "secret", instances=("main",), storage_gib=1)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        process = identify(program.pid)
        assert process is not None
        running = [RunningServer(PLACE, database, tmp_path, 1, process)]
        metrics.measure(store, running, at_seconds=100)
        program.kill()
        program.wait()
        metrics.measure(store, running, at_seconds=160)

    key = MetricKey.of("AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": "main"})
    seen = store.samples(key, start_seconds=100, end_seconds=220, period_seconds=60)
    assert [sample.count for sample in seen] == [1.0, 0.0]
