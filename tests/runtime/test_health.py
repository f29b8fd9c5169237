from __future__ import annotations

import threading
import time
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import Unavailable
from studyruntime.health import Condition, Finding, HealthChecks, HealthReport
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import DEPENDENCY_UP

findings = st.dictionaries(
    st.text(max_size=5), st.builds(Finding, st.sampled_from(Condition), st.floats(0, 1), st.booleans())
)


@given(findings, st.booleans())
def test_ready_is_who_has_what_it_needs_and_stays(found: dict[str, Finding], is_draining: bool) -> None:
    report = HealthReport(found, is_draining)
    lacks_something = any(each.is_required and each.condition is Condition.DOWN for each in found.values())

    assert report.is_ready == (not is_draining and not lacks_something)
    assert report.status == (HTTPStatus.OK if report.is_ready else HTTPStatus.SERVICE_UNAVAILABLE)
    assert (report.to_json()["status"] == "ready") == report.is_ready


def fail() -> None:
    raise Unavailable("database", "connection refused at db.internal:5432")


def test_each_dependency_is_told_of_without_what_is_nobodys_business() -> None:
    metrics = Metrics()
    checks = HealthChecks(metrics=metrics)
    checks.add("broker", lambda: None)
    checks.add("database", fail)

    told = checks.ready().to_json()

    assert told["status"] == "not ready"
    assert told["dependencies"]["broker"]["status"] == "up"
    database = told["dependencies"]["database"]
    assert (database["status"], database["problem"]) == ("down", "Unavailable")
    assert "internal" not in str(told)
    assert metrics.value(DEPENDENCY_UP, dependency="broker") == 1.0
    assert metrics.value(DEPENDENCY_UP, dependency="database") == 0.0


def test_without_what_is_not_required_it_is_ready_all_the_same() -> None:
    checks = HealthChecks()
    checks.add("cache", fail, is_required=False)

    report = checks.ready()

    assert report.is_ready and report.findings["cache"].condition is Condition.DOWN


def test_a_process_that_is_about_to_stop_is_not_ready() -> None:
    checks = HealthChecks(is_draining=lambda: True)

    assert checks.ready().to_json() == {"status": "draining", "dependencies": {}}
    assert checks.live() == {"status": "alive"}


def test_a_check_that_hangs_holds_up_nobody_and_is_not_started_again() -> None:
    may_end = threading.Event()
    runs: list[int] = []

    def hang() -> None:
        runs.append(1)
        may_end.wait(60)

    checks = HealthChecks(max_age_seconds=0.0)
    checks.add("slow", hang, timeout_seconds=0.05)
    checks.add("quick", lambda: None)

    reports = [checks.ready() for _ in range(3)]

    assert len(runs) == 1
    assert all(report.findings["quick"].condition is Condition.UP for report in reports)
    assert all("no answer for" in report.findings["slow"].problem for report in reports)
    may_end.set()
    deadline = time.monotonic() + 30
    while checks.ready().findings["slow"].condition is Condition.DOWN or len(runs) == 1:
        assert time.monotonic() < deadline


def test_checks_run_at_the_same_time() -> None:
    together = threading.Barrier(3)
    checks = HealthChecks()
    for name in "abc":
        checks.add(name, lambda: together.wait(30), timeout_seconds=60)

    assert checks.ready().is_ready


@pytest.mark.parametrize(("max_age_seconds", "expected"), [(3600.0, 1), (0.0, 20)])
def test_many_who_ask_are_no_load(max_age_seconds: float, expected: int) -> None:
    runs: list[int] = []
    checks = HealthChecks(max_age_seconds=max_age_seconds)
    checks.add("dependency", lambda: runs.append(1))

    for _ in range(20):
        checks.ready()

    assert len(runs) == expected
