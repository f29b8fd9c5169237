"""checkov over the code, and waivers that code and manifest agree on: what `studyctl lint` says of this repository."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.support.checkout import REPOSITORY

from studyctl.adapters.checkov import PROGRAM, Checkov, Result
from studyctl.adapters.skips import skips_in
from studyctl.adapters.waiver_file import read_waivers
from studyctl.domain.policy.waivers import Scope, apply_waivers

CODE = ("terraform", "infra")
WORKFLOWS = ".github"


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    """One run of checkov."""
    assert (REPOSITORY / PROGRAM).exists(), "checkov is not installed: make .build/checkov/.ready"
    return Checkov.find(REPOSITORY, os.environ).results(CODE, ())


def catalogue() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(Path(__file__).with_name("checks.yaml")))


def test_no_check_fails(results: tuple[Result, ...]) -> None:
    assert sorted({f"{r.where}: {r.rule} {r.name}" for r in results if r.outcome == "failed"}) == []


def test_every_waiver_is_on_both_sides_and_none_is_over() -> None:
    scope = Scope(skips=tuple(skips_in(REPOSITORY, (*CODE, WORKFLOWS))))
    today = datetime.datetime.now(datetime.UTC).date()
    assert [str(f) for f in apply_waivers((), read_waivers(REPOSITORY), scope, today).remaining] == []


def test_every_check_of_the_controls_is_really_asked(results: tuple[Result, ...]) -> None:
    asked = {result.rule for result in results}
    assert sorted(set(catalogue()["asked"]) - asked) == [], "move it to not_asked and say who asks instead"


def test_a_check_that_is_not_asked_says_why() -> None:
    asked, groups = set(catalogue()["asked"]), catalogue()["not_asked"]
    silent = [check for group in groups for check in group["checks"]]
    assert len(silent) == len(set(silent))
    assert asked.isdisjoint(silent)
    assert all(len(group["because"]) > 20 for group in groups)
