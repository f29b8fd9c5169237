"""monitoring/*.yaml: what is committed can be used, and what cannot be used is refused with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import FOLDER, read_watch
from studyctl.errors import UsageError

WATCH = read_watch(REPOSITORY)
RUNBOOKS = REPOSITORY / "monitoring" / "runbooks"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir()
    for path in (REPOSITORY / FOLDER).glob("*.yaml"):
        shutil.copy(path, tmp_path / FOLDER)
    return tmp_path


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(WATCH.names)


@pytest.mark.parametrize("name", WATCH.names)
def test_a_runbook_says_what_it_means_where_to_look_and_how_to_get_back(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    assert re.findall(r"^#+ (.*)$", text, re.MULTILINE) == [
        name,
        "What it means",
        "Look first at",
        "How to get back",
    ]
    for link in re.findall(r"\]\(([a-z-]+\.md)\)", text):
        assert (RUNBOOKS / link).is_file(), link


def test_what_the_seeds_ask_for_is_there() -> None:
    """Thresholds and who is told: seeds, 'Alerting Rules'."""
    by_name = {alert.name: alert for alert in WATCH.alerts}
    told = {
        name: (by_name[name].severity, by_name[name].above)
        for name in (
            "balancer-errors",
            "balancer-slow",
            "balancer-errors-rising",
            "balancer-latency",
            "database-cpu",
            "service-cpu",
            "service-memory",
            "replica-lag",
        )
    }
    assert told == {
        "balancer-errors": ("critical", 5),
        "balancer-slow": ("critical", 2),
        "balancer-errors-rising": ("warning", 1),
        "balancer-latency": ("warning", 1),
        "database-cpu": ("warning", 80),
        "service-cpu": ("warning", 80),
        "service-memory": ("warning", 80),
        "replica-lag": ("warning", 10),
    }
    assert {by_name[name].severity for name in ("database-down", "tasks")} == {"critical"}


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("alerts", "severity: warning", "severity: urgent", r"alerts\.yaml:\d+:\d+: .*severity: Input should be"),
        ("alerts", "    above: 80\n", "    above: 80\n    below: 1\n", "either above or below"),
        ("alerts", "    unit: percent\n", "    unit: percent\n    colour: red\n", "colour: Extra inputs"),
        ("alerts", "period_seconds: 60,", "period_seconds: 45,", "window.period_seconds"),
        ("alerts", "eclipsed_by: balancer-errors", "eclipsed_by: nothing-at-all", "which is no alert"),
        ("alerts", "name: database-cpu", "name: service-cpu", "service-cpu is the name of 2 rows"),
        ("alerts", "each: cache", "each: hamster", "cloudwatch.each"),
        ("composites", "[balancer-errors,", "[balancer-error,", "balancer-error, which is no alert"),
        ("objectives", "availability_percent: 99.9,", "availability_percent: 100,", "availability_percent"),
        ("burn_alerts", "short_minutes: 5,", "short_minutes: 60,", "short_minutes is less than long_minutes"),
        (
            "burn_alerts",
            "promise: latency, severity: critical, budget_percent: 2,",
            "promise: latency, severity: critical, budget_percent: 3,",
            "latency-budget-fast-burn can never ring for api",
        ),
        ("dashboards", "alerts: [tasks]", "alerts: [task]", "overview draws task, which is no alert"),
        ("dashboards", "name: api\n", "name: cache\n", "cache is the name of 2 dashboards"),
        ("dashboards", "alerts: [tasks]", "alerts: [tasks], unit: tasks", "an alert has its own"),
        ("dashboards", "each: bucket", "each: bouquet", "cloudwatch.each"),
        ("notices", "told_by: rds", "told_by: nobody", "told_by: Input should be"),
    ],
)
def test_what_cannot_be_meant_is_refused(repository: Path, file: str, before: str, after: str, message: str) -> None:
    path = repository / FOLDER / f"{file}.yaml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(UsageError) as caught:
        read_watch(repository)
    assert re.search(message, caught.value.why or "")
