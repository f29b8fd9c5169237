"""What is counted in logs is what the code writes, and what is asked of them names fields that it writes."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyruntime.config import ServiceSettings, Settings
from studyruntime.logs import AuditEntry, AuditLog, Outcome, configure_logging, correlated, get_logger

WATCH = read_watch(REPOSITORY)
SETTINGS = Settings(deployment_environment="staging", service=ServiceSettings(name="quiz", version="r7"))
OF_CLOUDWATCH = {"@timestamp", "@message"}
WORDS = {
    "fields",
    "filter",
    "stats",
    "sort",
    "limit",
    "by",
    "as",
    "asc",
    "desc",
    "and",
    "or",
    "in",
    "count",
    "latest",
    "pct",
    "max",
    "bin",
}
TERM = re.compile(r'\(\$\.(\w+) = "([^"]*)"\)')

Line = dict[str, Any]


@pytest.fixture(scope="module")
def lines() -> Iterator[list[Line]]:
    """One line of each kind that a row is about, and one that none is."""
    root = logging.getLogger()
    before = root.handlers, root.level
    stream = io.StringIO()
    configure_logging(SETTINGS, stream)
    with correlated("c1"):
        log = get_logger("study.tests")
        log.info("request", method="GET", route="/a", status=200, seconds=0.1)
        log.error("message rejected", problem="unreadable")
        for outcome in (Outcome.ALLOWED, Outcome.DENIED):
            AuditLog().record(AuditEntry(actor="u1", action="GET /a", target="/a", outcome=outcome))
        logging.getLogger("celery.app.trace").error("Task %s raised unexpected: %s", "quiz", "KeyError()")
        logging.getLogger("celery.app.trace").info("Task %s succeeded", "quiz")
    yield [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def matches(pattern: str, line: Line) -> bool:
    """Of the language of patterns, what ours use: comparisons joined by one operator."""
    terms = TERM.findall(pattern)
    assert TERM.sub("", pattern).split() in (["{", *operators, "}"] for operators in ([], ["||"], ["&&"]))
    found = [line.get(field) == value for field, value in terms]
    return any(found) if "||" in pattern else all(found)


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("logged-errors", ["message rejected", "Task quiz raised unexpected: KeyError()"]),
        ("denied-acts", ["GET /a"]),
        ("failed-tasks", ["Task quiz raised unexpected: KeyError()"]),
    ],
)
def test_a_count_counts_its_lines_only(name: str, counted: list[str], lines: list[Line]) -> None:
    (row,) = (each for each in WATCH.log_counts if each.name == name)
    assert [line["event"] for line in lines if matches(row.pattern, line)] == counted


def test_every_count_is_tested_and_says_whose_line_it_is(lines: list[Line]) -> None:
    assert {row.name for row in WATCH.log_counts} == {"logged-errors", "denied-acts", "failed-tasks"}
    for line in lines:
        assert (line["service"], line["environment"]) == ("quiz", "staging"), "dimensions of the metrics"


@pytest.mark.parametrize("row", WATCH.log_queries, ids=lambda row: row.name)
def test_a_query_asks_for_fields_that_lines_have(row: Any, lines: list[Line]) -> None:
    written = {field for line in lines for field in line} | OF_CLOUDWATCH
    text = re.sub(r'"[^"]*"', "", row.query)
    aliases = set(re.findall(r"\bas (\w+)", text))
    named = set(re.findall(r"@?\b[a-z_]\w*\b", text)) - WORDS - aliases
    assert named - written == set()


def test_what_dashboards_draw_of_logs_is_counted() -> None:
    counted = {row.metric for row in WATCH.log_counts}
    drawn = {
        metric.name
        for dashboard in WATCH.dashboards
        for panel in dashboard.panels
        if panel.cloudwatch is not None and panel.cloudwatch.each == "log"
        for metric in panel.cloudwatch.metrics.values()
    }
    assert drawn == counted
