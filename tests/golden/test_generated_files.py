"""What is generated and committed: rendered variables and backends, the schema for editors, the configuration page."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from scripts.generate import GENERATORS

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.environment.reference import GENERATE

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATED = dict(file for generate in GENERATORS for file in generate(REPOSITORY))


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_a_generated_file_is_current(path: Path) -> None:
    file = REPOSITORY / path
    committed = file.read_text("utf-8") if file.exists() else ""
    now = GENERATED[path]
    difference = difflib.unified_diff(committed.splitlines(), now.splitlines(), "committed", "now", lineterm="")
    advice = f"{path} is not current; if the change is meant, run: {GENERATE}\n"
    assert committed == now, advice + "\n".join(difference)


def test_no_golden_is_left_of_an_environment_that_is_gone() -> None:
    kept = {folder.name for folder in (REPOSITORY / "tests" / "golden" / "rendered").iterdir()}
    assert kept == set(SpecFiles(REPOSITORY).names())
