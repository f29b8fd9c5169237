"""README's picture and the Mermaid text of staging, from a plan that is kept as a fixture."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from tests.golden.graph.regenerate import ADVICE, GOLDENS, REPOSITORY, fixture


@pytest.mark.parametrize("path", GOLDENS, ids=str)
def test_a_picture_is_current(path: Path) -> None:
    file = REPOSITORY / path
    committed = file.read_text("utf-8") if file.exists() else ""
    now = GOLDENS[path](fixture())
    difference = difflib.unified_diff(committed.splitlines(), now.splitlines(), "committed", "now", lineterm="")
    assert committed == now, f"{path} is not current; {ADVICE}\n" + "\n".join(difference)
