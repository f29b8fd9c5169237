"""Prometheus itself says of every alert that it is silent up to its limit, rings beyond it in time, and ends again."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.functional.monitoring.courses import Course, Phases, burn_course, course_of, selector
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alerts import Alert
from studyctl.domain.monitoring.objectives import BurnAlert, Objective
from studyctl.domain.monitoring.prometheus import Tempo, duration, rule_file, waits_of

WATCH, TEMPO = read_watch(REPOSITORY), Tempo()
RULES = [rule for group in rule_file(WATCH, TEMPO)["groups"] for rule in group["rules"]]
ALERTS = [alert for alert in WATCH.alerts if alert.prometheus is not None]
BURNS = [(objective, burn) for objective in WATCH.objectives for burn in WATCH.burn_alerts]
SAMPLES_IN_SHORT_WINDOW = 5
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Timetable:
    """Numbers of samples: trouble begins at `trouble`; not yet at `early`, surely at `late`; over at `calm_again`."""

    interval_seconds: float
    phases: Phases
    early: int | None
    late: int
    quiet: int

    @classmethod
    def of(cls, window: int, *, interval_seconds: float, early: int | None, clears_within: int) -> Timetable:
        """Each phase is longer than the window, which is so many samples."""
        phases = Phases(calm=window + 1, trouble=2 * window + 2, calm_again=clears_within + 2)
        begins, ends = phases.calm, phases.calm + phases.trouble
        return cls(
            interval_seconds,
            phases,
            early=None if early is None else begins + early,
            late=begins + window + 1,
            quiet=ends + clears_within + 1,
        )


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_fires_beyond_its_limit_only(alert: Alert, promtool: str, tmp_path: Path) -> None:
    window = math.ceil(TEMPO.milliseconds(alert.prometheus_seconds) / 1000 / TEMPO.scrape_seconds)
    assert alert.prometheus is not None
    must_last = waits_of(alert) or "min_over_time" in alert.prometheus.value
    times = Timetable.of(
        window,
        interval_seconds=TEMPO.scrape_seconds,
        early=window - 1 if must_last else None,
        clears_within=window,
    )
    _test_rules(promtool, tmp_path, alert.name, course_of(alert), times)


@pytest.mark.parametrize(("objective", "burn"), BURNS, ids=lambda each: getattr(each, "name", None) or each.service)
def test_a_budget_that_burns_is_told_and_forgotten_with_the_short_window(
    objective: Objective, burn: BurnAlert, promtool: str, tmp_path: Path
) -> None:
    interval_seconds = 60 * burn.short_minutes / SAMPLES_IN_SHORT_WINDOW
    window = math.ceil(60 * burn.long_minutes / interval_seconds)
    times = Timetable.of(
        window,
        interval_seconds=interval_seconds,
        early=window // 4,  # the short window is beyond the limit by now, the long one is not
        clears_within=SAMPLES_IN_SHORT_WINDOW,
    )
    _test_rules(promtool, tmp_path, burn.name, burn_course(objective, burn), times)


def test_what_nobody_uses_rings_for_nobody(promtool: str, tmp_path: Path) -> None:
    """Without requests a share is nothing by nothing."""
    counters = {
        selector(each.name, each.labels) for alert in ALERTS for each in course_of(alert).series if each.accumulates
    }
    idle = [{"series": series, "values": "0x60"} for series in sorted(counters)]
    _run(promtool, tmp_path, TEMPO.scrape_seconds, idle, [_expect({}, 60, TEMPO.scrape_seconds, None)])


def test_a_few_reads_say_nothing_of_the_hit_rate(promtool: str, tmp_path: Path) -> None:
    (alert,) = (alert for alert in ALERTS if alert.name == "cache-hit-rate")
    misses = course_of(alert).series[-1]
    rare = {"series": selector(misses.name, misses.labels), "values": "0+1x120"}  # one in fifteen seconds
    _run(promtool, tmp_path, TEMPO.scrape_seconds, [rare], [_expect({}, 120, TEMPO.scrape_seconds, None)])


def test_a_few_requests_that_break_a_promise_burn_no_budget(promtool: str, tmp_path: Path) -> None:
    """All that there were for hours, but one or two may be chance."""
    minutes, few = 400, min(burn.least_broken for burn in WATCH.burn_alerts) - 1
    objective, interval_seconds = WATCH.objectives[0], 60
    series = [
        {"series": selector(each.name, each.labels), "values": f"0x{minutes} {round(each.trouble and few)}x2"}
        for burn in {burn.promise: burn for burn in WATCH.burn_alerts}.values()
        for each in burn_course(objective, burn).series
    ]
    expected = [_expect({"alertname": burn.name}, minutes + 2, interval_seconds, None) for burn in WATCH.burn_alerts]
    _run(promtool, tmp_path, interval_seconds, series, expected)


def test_promtool_finds_nothing_wrong_with_the_rules(promtool: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(rule_file(WATCH, TEMPO)), "utf-8")
    done = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


def _test_rules(promtool: str, folder: Path, name: str, course: Course, times: Timetable) -> None:
    (rule,) = (
        rule
        for rule in RULES
        if rule["alert"] == name and rule["labels"].get("service", "") in ("", course.about.get("service"))
    )
    rings = {**rule["labels"], **course.about}
    moments = [(times.phases.calm - 1, None), (times.early, None), (times.late, rings), (times.quiet, None)]
    expected = [
        _expect({"alertname": name}, at, times.interval_seconds, labels) for at, labels in moments if at is not None
    ]
    series = [each.document(times.phases) for each in course.series]
    _run(promtool, folder, times.interval_seconds, series, expected)


def _expect(
    of: Mapping[str, str], sample: int, interval_seconds: float, labels: Mapping[str, str] | None
) -> dict[str, Any]:
    """What rings at the time of a sample: one alert with exactly these labels, or none."""
    firing = {**of, "alertstate": "firing"}
    return {
        "expr": selector("ALERTS", firing),
        "eval_time": duration(round(1000 * sample * interval_seconds)),
        "exp_samples": [] if labels is None else [{"labels": selector("ALERTS", {**firing, **labels}), "value": 1}],
    }


def _run(
    promtool: str, folder: Path, interval_seconds: float, series: list[dict[str, str]], expected: list[dict[str, Any]]
) -> None:
    interval = duration(round(1000 * interval_seconds))
    tests = {
        "rule_files": ["rules.json"],
        "evaluation_interval": interval,
        "tests": [{"interval": interval, "input_series": series, "promql_expr_test": expected}],
    }
    (folder / "rules.json").write_text(json.dumps(rule_file(WATCH, TEMPO)), "utf-8")
    path = folder / "tests.json"
    path.write_text(json.dumps(tests), "utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", path.name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
