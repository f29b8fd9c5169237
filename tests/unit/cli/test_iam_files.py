"""Files that `iam` is given: what is wrong with one is told as it is, whatever somebody wrote into it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studyctl.cli.main import run

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
    }
)
WRONG = {
    "a byte order mark": (b"\xef\xbb\xbf" + POLICY.encode(), "byte order mark"),
    "UTF-16": (POLICY.encode("utf-16"), "not UTF-8"),
    "a comment": (b"// why\n" + POLICY.encode(), "comments are not JSON"),
    "nothing": (b"", "the text ends where a value is expected"),
    "a kept plan": (b"PK\x03\x04", "terraform show -json"),
    "a plan without end": (b'{"planned_values": ' + b'{"a": ' * 100_000, "nests too deep"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "before.json").write_text(POLICY, "utf-8")
    return tmp_path


@pytest.mark.parametrize(("content", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_policy_is_told(
    folder: Path, content: bytes, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "after.json").write_bytes(content)
    assert run(["iam", "diff", "before.json", "after.json"]) == 64
    assert says in capsys.readouterr().err


def test_a_policy_may_begin_with_blanks(folder: Path) -> None:
    (folder / "after.json").write_text(f"\n\n  {POLICY}", "utf-8")
    assert run(["iam", "diff", "before.json", "after.json"]) == 0


def test_a_plan_that_nests_without_end_is_no_bug(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plan.json").write_bytes(WRONG["a plan without end"][0])
    assert run(["iam", "graph", "dev", "--plan", "plan.json"]) == 64
    assert "nests too deep" in capsys.readouterr().err
