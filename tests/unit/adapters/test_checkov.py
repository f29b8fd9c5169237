"""What is made of checkov's answers. The program is a stand-in that repeats what checkov 3.3.30 was seen to print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.checkov import Checkov, CheckovFailed
from studyctl.adapters.skips import skips_in

SAYING = f"""#!{sys.executable}
import pathlib, sys
print((pathlib.Path(sys.argv[sys.argv.index("--directory") + 1]) / "answer").read_text())
"""


@pytest.fixture
def checkov(tmp_path: Path) -> Checkov:
    program = tmp_path / "checkov"
    program.write_text(SAYING, "utf-8")
    program.chmod(0o755)
    return Checkov(tmp_path, program)


def entry(resource: str, line: int) -> dict[str, Any]:
    place = {"file_path": "/main.tf", "file_line_range": [line, line + 2]}
    return {"check_id": "CKV_AWS_26", "check_name": "Ensure", "resource": resource, "guideline": None, **place}


def code(folder: Path, answer: dict[str, Any] | str) -> str:
    folder.mkdir()
    (folder / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer), "utf-8")
    return folder.name


def failing(*entries: dict[str, Any], unread: tuple[str, ...] = ()) -> dict[str, Any]:
    results = {"failed_checks": list(entries), "passed_checks": [], "parsing_errors": list(unread)}
    return {"check_type": "terraform", "results": results}


def test_a_file_that_it_cannot_read_is_a_finding_and_no_pass(tmp_path: Path, checkov: Checkov) -> None:
    folder = code(tmp_path / "a", failing(entry("aws_sns_topic.t", 1), unread=(f"{tmp_path}/a/broken.tf",)))
    scan = checkov.scan([folder], [])
    assert [(one.rule, one.where) for one in scan.findings] == [
        ("SC905", "a/broken.tf"),
        ("CKV_AWS_26", "a aws_sns_topic.t"),
    ]
    with pytest.raises(CheckovFailed, match=r"cannot read a/broken\.tf"):
        checkov.results([folder], [])


def test_a_folder_that_fails_hides_nothing_of_another(tmp_path: Path, checkov: Checkov) -> None:
    folders = [
        code(tmp_path / "a", "no JSON"),
        code(tmp_path / "b", failing(entry("aws_sns_topic.t", 1))),
        code(tmp_path / "c", {"resource_count": 0}),
    ]
    first, nothing, found = checkov.scan(folders, []).findings
    assert (found.rule, found.where) == ("CKV_AWS_26", "b aws_sns_topic.t")
    assert "could not look at a" in first.message
    assert nothing.message == "checkov found nothing to look at in c"
    assert "Install" not in first.fix


def test_without_the_program_the_remedy_is_to_install_it(tmp_path: Path) -> None:
    (finding,) = Checkov(tmp_path, tmp_path / "none").scan(["a"], []).findings
    assert (finding.rule, finding.fix.startswith("Install checkov")) == ("SC905", True)


def test_code_outside_of_the_root_has_skips_too(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    text = b'resource "aws_x" "y" {\n  # caf\xe9\n  #checkov:skip=CKV_AWS_1:because\n}\n'
    (other / "main.tf").write_bytes(text)
    (other / "gone.tf").symlink_to("nowhere.tf")
    (skip,) = skips_in(root, [str(other)])
    assert (skip.rule, skip.where, skip.position.line) == ("CKV_AWS_1", f"{other} aws_x.y", 3)
