"""Prometheus of infra/local/compose.yaml reads every service, under the label that rules ask for, and has the rules."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.support.checkout import REPOSITORY

from studyctl.domain.monitoring.prometheus import JOB

COMPOSE = REPOSITORY / "infra" / "local" / "compose.yaml"


def read() -> tuple[Any, Any]:
    """The file, and what Prometheus is told in it."""
    yaml = YAML(typ="safe")
    composed = yaml.load(COMPOSE)
    return composed, yaml.load(composed["configs"]["prometheus"]["content"])


def test_prometheus_reads_every_service_and_calls_it_by_its_name() -> None:
    composed, told = read()
    (job,) = told["scrape_configs"]
    found = {target: each["labels"]["service"] for each in job["static_configs"] for target in each["targets"]}
    services = {name for name, about in composed["services"].items() if about.get("image") == "study:local"}
    assert job["job_name"] == JOB
    assert found == {f"{name}:9100": name for name in services - {"migrate"}}


def test_prometheus_has_the_rules(promtool: str, tmp_path: Path) -> None:
    composed, told = read()
    mounts = dict(each.split(":")[:2] for each in composed["services"]["prometheus"]["volumes"])
    places = {inside: (COMPOSE.parent / outside).resolve() for outside, inside in mounts.items() if "/" in outside}
    told["rule_files"] = [str(places[each]) for each in told["rule_files"]]
    path = tmp_path / "prometheus.yml"
    YAML().dump(told, path)
    done = subprocess.run([promtool, "check", "config", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [rules] = told["rule_files"]
    count = sum(len(group["rules"]) for group in YAML(typ="safe").load(Path(rules))["groups"])
    assert f"{count} rules found" in done.stdout
