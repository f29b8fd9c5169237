"""checkov over the code, and waivers that code and manifest agree on (scripts/controls.py, also in `make check`)."""

from __future__ import annotations

import datetime
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.support.checkout import REPOSITORY

PYTHON = REPOSITORY / ".build" / "checkov" / "bin" / "python"
TODAY = datetime.date(2027, 1, 1)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One run of the script in checkov's environment."""
    assert PYTHON.exists(), "checkov is not installed: make .build/checkov/.ready"
    report = tmp_path_factory.mktemp("controls") / "report.json"
    done = subprocess.run(
        [str(PYTHON), "scripts/controls.py", "--report", str(report)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, report


@pytest.fixture(scope="module")
def controls() -> ModuleType:
    """The script as a module, for what it decides without checkov."""
    yaml_of_checkov = ModuleType("yaml")  # the toolkit reads YAML with another library
    yaml_of_checkov.safe_load = YAML(typ="safe").load  # type: ignore[attr-defined]
    sys.modules.setdefault("yaml", yaml_of_checkov)
    spec = importlib.util.spec_from_file_location("controls", REPOSITORY / "scripts" / "controls.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["controls"] = module
    spec.loader.exec_module(module)
    return module


def catalogue() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(Path(__file__).with_name("checks.yaml")))


def test_no_check_fails_and_every_waiver_is_on_both_sides(
    checked: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, _ = checked
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_check_of_the_controls_is_really_asked(checked: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    _, report = checked
    asked = {result["rule"] for result in json.loads(report.read_text("utf-8"))}
    assert sorted(set(catalogue()["asked"]) - asked) == [], "move it to not_asked and say who asks instead"


def test_a_check_that_is_not_asked_says_why() -> None:
    asked, groups = set(catalogue()["asked"]), catalogue()["not_asked"]
    silent = [check for group in groups for check in group["checks"]]
    assert len(silent) == len(set(silent))
    assert asked.isdisjoint(silent)
    assert all(len(group["because"]) > 20 for group in groups)


SKIP = ("CKV_AWS_1", "terraform/a aws_x.y", "a reason", "terraform/a/main.tf:3")
ROW = ("CKV_AWS_1", ("terraform/a aws_x.y",), "a reason", "platform", datetime.date(2027, 6, 1))


@pytest.mark.parametrize(
    ("skips", "rows", "said"),
    [
        ([SKIP], [ROW], []),
        ([SKIP], [], ["has no row"]),
        ([], [ROW], ["nothing there skips it"]),
        ([(*SKIP[:2], "", SKIP[3])], [ROW], ["without a reason"]),
        ([SKIP], [(*ROW[:4], datetime.date(2026, 12, 31))], ["was waived until 2026-12-31"]),
        ([], [("CKV_AWS_1", (), *ROW[2:])], ["needs the places"]),
        ([], [("RDS.23", (), *ROW[2:])], []),
    ],
)
def test_code_and_manifest_say_the_same(
    controls: ModuleType, skips: list[Any], rows: list[Any], said: list[str]
) -> None:
    found = controls.disagreements(
        [controls.Skip(*skip) for skip in skips], [controls.Waiver(*row) for row in rows], TODAY
    )
    assert len(found) == len(said)
    assert all(part in problem for part, problem in zip(said, found, strict=True))
