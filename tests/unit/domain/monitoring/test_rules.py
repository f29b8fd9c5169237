"""Alerts as Prometheus' rules: windows, limits and burn rates follow from the data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alertmanager import configuration
from studyctl.domain.monitoring.alerts import metrics_in
from studyctl.domain.monitoring.objectives import BurnAlert, Objective
from studyctl.domain.monitoring.prometheus import Tempo, duration, rule_file

WATCH = read_watch(REPOSITORY)
OBJECTIVE = Objective(service="api", availability_percent=99.9, p95_seconds=1, window_days=30)
SIZES = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@given(st.integers(min_value=1, max_value=10**9))
def test_a_duration_says_what_it_was_made_of(milliseconds: int) -> None:
    text = duration(milliseconds)
    unit = text.lstrip("0123456789")
    assert int(text.removesuffix(unit)) * SIZES[unit] == milliseconds


@given(st.floats(min_value=0.001, max_value=1), st.floats(min_value=0.5, max_value=60), st.integers(60, 300_000))
def test_no_window_is_too_short_for_a_rate(scale: float, scrape: float, seconds: int) -> None:
    tempo = Tempo(scale, scrape)
    assert tempo.milliseconds(seconds) >= round(1000 * Tempo.SAMPLES_IN_WINDOW * scrape)
    assert tempo.milliseconds(2 * seconds) >= tempo.milliseconds(seconds)


@pytest.mark.parametrize(
    ("budget_percent", "long_minutes", "rate"),
    [(2, 60, 14.4), (5, 360, 6), (10, 4320, 1)],
)
def test_burn_rates_are_those_of_the_workbook(budget_percent: float, long_minutes: int, rate: float) -> None:
    burn = BurnAlert(
        name="burn",
        promise="latency",
        severity="critical",
        budget_percent=budget_percent,
        long_minutes=long_minutes,
        short_minutes=1,
        least_broken=1,
    )
    assert burn.burn_rate(OBJECTIVE) == pytest.approx(rate)
    assert burn.limit(OBJECTIVE) == pytest.approx(0.05 * rate), "one request in twenty may be slow"


def test_the_promised_latency_is_what_the_rule_looks_at() -> None:
    rules = [rule for group in rule_file(WATCH, Tempo())["groups"] for rule in group["rules"]]
    latency = [rule["expr"] for rule in rules if rule["alert"].startswith("latency-budget")]
    assert len(latency) == len(WATCH.objectives) * sum(burn.promise == "latency" for burn in WATCH.burn_alerts)
    assert all(f'le="{WATCH.objectives[0].p95_seconds}"' in each for each in latency)
    assert "> 0.72" in latency[0]


def test_a_limit_of_aws_alone_needs_another_for_prometheus() -> None:
    rules = {rule["alert"]: rule for group in rule_file(WATCH, Tempo())["groups"] for rule in group["rules"]}
    assert rules["tasks"]["expr"].endswith("< 1")
    assert rules["backlog"]["expr"].endswith("> 0")
    assert "[15m]" in rules["backlog"]["expr"]
    assert rules["database-down"]["for"] == "5m"
    assert "for" not in rules["balancer-errors"], "its rate looks at the whole window already"


def test_metrics_are_found_in_expressions() -> None:
    assert metrics_in('sum by (service) (rate(study_a_total{status=~"5.."}[5m])) / up{job="study"} + study_b') == {
        "study_a_total",
        "study_b",
        "up",
    }


def test_nobody_is_on_call_where_there_is_no_topic() -> None:
    quiet = configuration(WATCH, has_on_call=False)
    assert [receiver["name"] for receiver in quiet["receivers"]] == ["critical", "warning"]
    topics = configuration(WATCH, has_on_call=True, topics={"critical": "arn:aws:sns:eu-west-1:123456789012:critical"})
    assert topics["receivers"][0]["sns_configs"][0]["topic_arn"].endswith(":critical")
