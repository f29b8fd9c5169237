"""The tests that terraform modules, and the root of the account, bring along: each folder as one test here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.checkout import REPOSITORY

if TYPE_CHECKING:
    from tests.modules.conftest import Told

FOLDERS = sorted(path for path in (REPOSITORY / "terraform").iterdir() if path.is_dir())
TESTED = [folder for folder in (*FOLDERS, REPOSITORY / "infra" / "bootstrap") if (folder / "tests").is_dir()]
SHOWN_CHARACTERS = 6000
WHERE_LOOPBACK_IS_MEANT = {"collector_configuration.tf"}  # containers of one task talk over it


@pytest.mark.terraform
@pytest.mark.parametrize("module", [folder.relative_to(REPOSITORY).as_posix() for folder in TESTED])
def test_the_tests_of_the_module_pass(module: str, tested: Callable[[str], Told]) -> None:
    told = tested(module)
    assert told.exit_code == 0, told.text[-SHOWN_CHARACTERS:]
    passed = re.search(r"Success! (\d+) passed, 0 failed", told.text)
    assert passed and int(passed[1]) > 0, told.text[-SHOWN_CHARACTERS:]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_module_has_its_parts(folder: Path) -> None:
    expected = {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "tests"}
    assert expected - {path.name for path in folder.iterdir()} == set()
    assert (folder / "README.md").read_text("utf-8").startswith(f"# {folder.name} — "), "line 1 names the AWS service"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_module_knows_no_environment_backend_or_emulator(folder: Path) -> None:
    for path in folder.glob("*.tf"):
        text = path.read_text("utf-8")
        if path.name in WHERE_LOOPBACK_IS_MEANT:
            text = text.replace("127.0.0.1:", "")
        assert not re.search(r'^(provider|\s+backend) "', text, re.MULTILINE), path
        assert not re.search(r'"(dev|staging|prod|production)"|\b(moto|localhost|127\.0\.0\.1)\b', text), path
