"""Alertmanager itself says who is told of what."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.monitoring.alertmanager import configuration
from studyctl.domain.monitoring.prometheus import Tempo, rule_file

WATCH = read_watch(REPOSITORY)
RULES = [rule for group in rule_file(WATCH, Tempo())["groups"] for rule in group["rules"]]
TOPICS = {name: f"arn:aws:sns:eu-west-1:123456789012:{name}" for name in ("critical", "warning", "on_call")}


@pytest.mark.parametrize(
    ("severity", "has_on_call", "told"),
    [
        ("critical", True, "on_call,critical"),
        ("critical", False, "critical"),
        ("warning", True, "warning"),
        ("warning", False, "warning"),
    ],
)
def test_severity_chooses_who_is_told(severity: str, has_on_call: bool, told: str, amtool: str, tmp_path: Path) -> None:
    path = _written(tmp_path, has_on_call=has_on_call)
    labels = [f"severity={severity}", "alertname=any"]
    assert _amtool(amtool, "config", "routes", "test", f"--config.file={path}", *labels) == told


def test_every_alert_has_a_severity_that_is_told(amtool: str, tmp_path: Path) -> None:
    path = _written(tmp_path, has_on_call=True)
    expected = {"critical": "on_call,critical", "warning": "warning"}
    for labels in {tuple(sorted(rule["labels"].items())) for rule in RULES}:
        words = [f"{name}={value}" for name, value in labels]
        told = _amtool(amtool, "config", "routes", "test", f"--config.file={path}", *words)
        assert told == expected[dict(labels)["severity"]], labels


@pytest.mark.parametrize("has_on_call", [True, False])
def test_amtool_finds_nothing_wrong_with_the_configuration(has_on_call: bool, amtool: str, tmp_path: Path) -> None:
    path = _written(tmp_path, has_on_call=has_on_call)
    said = _amtool(amtool, "check-config", str(path))
    assert "SUCCESS" in said
    assert f"{3 if has_on_call else 2} receivers" in said


def _written(folder: Path, *, has_on_call: bool) -> Path:
    path = folder / "alertmanager.json"
    path.write_text(json.dumps(configuration(WATCH, has_on_call=has_on_call, topics=TOPICS)), "utf-8")
    return path


def _amtool(amtool: str, *arguments: str) -> str:
    done = subprocess.run([amtool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
