"""Every expression of Grafana's dashboards is one that Prometheus reads, over metrics that the code reports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from scripts.grafana_dashboards import CLOUDWATCH_ALONE
from tests.support.checkout import REPOSITORY
from tests.support.published_metrics import problem

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alerts import metrics_in
from studyruntime.metrics import ALL_METRICS, Kind
from studyservices.instruments import OF_SERVICES

WATCH = read_watch(REPOSITORY)
FILES = sorted((REPOSITORY / "monitoring" / "grafana").glob("*.json"))
OF_PROMETHEUS = {"up"}
"""Prometheus itself writes these, and ALERTS, for everything that it reads."""
SUFFIXES = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count"), Kind.COUNTER: ("",), Kind.GAUGE: ("",)}


def targets(document: Mapping[str, Any], source: str) -> Iterator[Mapping[str, Any]]:
    """What is asked of a kind of data source, also in rows that are folded."""
    for panel in pictures(document).values():
        if panel["datasource"]["type"] == source:
            yield from panel["targets"]


def pictures(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Every panel by its title."""
    panels = [inner for panel in document["panels"] for inner in (panel.get("panels") or (panel,))]
    found = {panel["title"]: panel for panel in panels}
    assert len(found) == len(panels)
    return found


def expressions(document: Mapping[str, Any]) -> Iterator[str]:
    """Of panels and annotations, with a window in place of Grafana's."""
    for each in (*targets(document, "prometheus"), *document["annotations"].get("list", ())):
        yield str(each["expr"]).replace("$__rate_interval", "1m")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_expression_of_a_dashboard_parses(file: Path, promtool: str, tmp_path: Path) -> None:
    found = list(expressions(json.loads(file.read_text("utf-8"))))
    rules = [{"record": f"study:{number}", "expr": expression} for number, expression in enumerate(found)]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"groups": [{"name": file.stem, "rules": rules}]}), "utf-8")
    done = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(found)} rules found" in done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_names_metrics_that_the_code_reports(file: Path) -> None:
    reported = {metric.name + suffix for metric in (*ALL_METRICS, *OF_SERVICES) for suffix in SUFFIXES[metric.kind]}
    named = frozenset[str]().union(*map(metrics_in, expressions(json.loads(file.read_text("utf-8")))))
    assert named - reported - OF_PROMETHEUS == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_cloudwatch_alone_measures_is_asked_by_names_that_are_published(file: Path) -> None:
    document = json.loads(file.read_text("utf-8"))
    for query in targets(document, "cloudwatch"):
        assert problem(query["namespace"], query["metricName"], query["dimensions"]) is None, query
        assert query["region"] == ("us-east-1" if query["namespace"] == "AWS/Billing" else "default")
    sources = {each["name"]: each["query"] for each in document["templating"]["list"]}
    used = {panel["datasource"]["type"] for panel in pictures(document).values()}
    assert set(sources.values()) == used | {"prometheus"}
    rows = [panel for panel in document["panels"] if panel["type"] == "row"]
    assert [(row["title"], row["collapsed"]) for row in rows] == [(CLOUDWATCH_ALONE, True)] * ("cloudwatch" in used)


def test_every_panel_of_a_dashboard_is_drawn() -> None:
    for row in WATCH.dashboards:
        document = json.loads((REPOSITORY / "monitoring" / "grafana" / f"{row.name}.json").read_text("utf-8"))
        assert set(pictures(document)) == {panel.title for panel in row.panels}, row.name
        places = [tuple(panel["gridPos"].get(key, 0) for key in "xy") for panel in document["panels"]]
        assert len(set(places)) == len(places), "no panel lies on another"


def test_every_alert_is_drawn_somewhere() -> None:
    drawn = {name for row in WATCH.dashboards for panel in row.panels for name in panel.alerts}
    assert {alert.name for alert in WATCH.alerts} - drawn == set()


def test_the_lines_of_a_panel_are_the_limits_of_its_alerts() -> None:
    limits = {alert.name: alert.limit for alert in WATCH.alerts}
    of_prometheus = {alert.name for alert in WATCH.alerts if alert.prometheus is not None}
    seen = 0
    for row in WATCH.dashboards:
        document = json.loads((REPOSITORY / "monitoring" / "grafana" / f"{row.name}.json").read_text("utf-8"))
        for panel in row.panels:
            # a picture of Prometheus has the limits of what Prometheus measures
            expected = {limits[name] for name in (of_prometheus.intersection(panel.alerts) or panel.alerts)}
            if expected:
                steps = pictures(document)[panel.title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
                assert {step["value"] for step in steps} == {None, *expected}, panel.title
                seen += 1
    assert seen > len(WATCH.dashboards)


def test_the_promise_to_users_is_a_line_of_the_api() -> None:
    document = json.loads((REPOSITORY / "monitoring" / "grafana" / "api.json").read_text("utf-8"))
    (picture,) = (each for each in document["panels"] if each["title"] == "The promised latency")
    steps = picture["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert {step["value"] for step in steps} == {None, *(each.p95_seconds for each in WATCH.objectives)}
