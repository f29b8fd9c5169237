"""What a failure leaves on the screen, in the crash report and in a pipeline's summary: never a secret."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studyctl.cli import errors
from studyctl.errors import ApplyFailed

SECRET = "hunter2-marker/With+Signs"  # noqa: S105 - what must not be seen


@pytest.fixture(autouse=True)
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_f85_a_bug_reports_itself_without_secrets(
    tmp_path: Path, summary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bug = ValueError(f"invalid: {SECRET} {base64.b64encode(SECRET.encode()).decode()}")
    assert errors.explain(bug) == 1
    report = tmp_path / ".build" / "crashes" / "last.log"
    assert report.stat().st_mode & 0o777 == 0o600
    for text in (report.read_text(), summary.read_text(), capsys.readouterr().err):
        assert "ValueError: invalid: [secret] [secret]" in text.replace("==", "").replace("=", "")


def test_a_bug_in_a_folder_that_takes_no_file_is_told_on_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".build").touch()
    assert errors.explain(ValueError("odd")) == 1
    told = capsys.readouterr().err
    assert "could not be kept in .build/crashes/last.log" in told
    assert "  ValueError: odd" in told


def test_f85_a_failure_that_quotes_aws_quotes_no_secret(summary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = ApplyFailed("it failed", why=f"signed with\n{SECRET[:9]}\n{SECRET[9:]}", hint="again")
    assert errors.explain(error) == 6
    for text in (summary.read_text(), capsys.readouterr().err):
        assert "hunter2" not in text
        assert "[secret]" in text


@pytest.mark.parametrize("option", [["--github"], ["--json"], []], ids=["lines", "JSON", "a table"])
def test_a_reader_that_went_away_is_no_bug(tmp_path: Path, option: list[str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    (tmp_path / "p.json").write_text(json.dumps(policy), "utf-8")
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "studyctl.cli.main", "lint", "p.json", *option]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert ended.returncode == 141, ended.stderr
    assert "Traceback" not in ended.stderr
