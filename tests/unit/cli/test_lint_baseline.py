"""A baseline is written once, by a person; what cannot be written is told before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studyctl.cli.main import run

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    path = tmp_path / "p.json"
    path.write_text(json.dumps(ADMIN), "utf-8")
    return path


def test_what_is_there_passes_and_what_is_new_does_not(policy: Path) -> None:
    assert run(["lint", "p.json"]) == 3
    assert run(["lint", "p.json", "--baseline", "known"]) == 0
    policy.write_text(json.dumps(ADMIN, indent=4), "utf-8")
    assert run(["lint", "p.json", "--baseline", "known"]) == 0
    policy.with_name("q.json").write_text(json.dumps(ADMIN), "utf-8")
    assert run(["lint", "p.json", "q.json", "--baseline", "known"]) == 3


def test_a_pipeline_whose_baseline_is_missing_does_not_write_one_and_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", "true")
    assert run(["lint", "p.json", "--baseline", "known"]) == 64
    assert "a pipeline writes none" in capsys.readouterr().err
    assert not (tmp_path / "known").exists()


def test_a_baseline_that_cannot_be_written_is_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "p.json", "--baseline", "missing/known"]) == 64
    told = capsys.readouterr()
    assert "there is no folder missing" in told.err
    assert told.out == ""
