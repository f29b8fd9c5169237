"""Files that commands are to write are looked at before any work is done; what failed is told in them too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studyctl.cli.errors import told_in
from studyctl.cli.main import run
from studyctl.cli.runner_files import may_be_made, may_be_written, publish
from studyctl.errors import Refused, UsageError

Check = Callable[[Path | None], Path | None]
CHECKS = pytest.mark.parametrize("check", [may_be_written, may_be_made])


@CHECKS
def test_a_file_that_can_be_written_passes(check: Check, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    assert check(tmp_path / "there") == tmp_path / "there"
    assert check(tmp_path / "new") == tmp_path / "new"
    assert check(Path("/dev/null")) == Path("/dev/null")
    assert check(None) is None
    assert not (tmp_path / "new").exists()


@CHECKS
def test_a_folder_and_what_is_below_a_file_do_not(check: Check, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, why in ((tmp_path, "it is a folder"), (tmp_path / "file" / "below", "is no folder")):
        with pytest.raises(UsageError, match=why):
            check(path)


def test_a_folder_that_is_missing_is_made_for_a_plan_only(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "below" / "file"
    assert may_be_made(path) == path
    with pytest.raises(UsageError, match="there is no folder"):
        may_be_written(path)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "dev", "--md"),
        ("plan", "dev", "--out"),
        ("cost", "dev", "--md"),
        ("drift", "dev", "--md"),
        ("lint", "--sarif"),
        ("lint", "--junit"),
        ("lint", "--md"),
        ("smoke", "dev", "--junit"),
        ("smoke", "dev", "--md"),
    ],
    ids=" ".join,
)
def test_every_command_asks_before_it_does_anything(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here is no repository either: whoever looked for one first would say that."""
    monkeypatch.chdir(tmp_path)
    assert run([*words, str(tmp_path)]) == 64
    assert f"{tmp_path} cannot be written: it is a folder" in capsys.readouterr().err


def test_why_it_failed_is_told_after_what_was_told_until_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2-marker")
    md = tmp_path / "plan.md"
    md.write_text("of an earlier run", "utf-8")
    with pytest.raises(Refused), told_in(md):
        publish("### prod: 1 to destroy\n", md)
        raise Refused("a database would be lost", why="hunter2-marker")
    assert md.read_text("utf-8").startswith("### prod: 1 to destroy\n### Failed: a database would be lost\n")
    assert "hunter2" not in md.read_text("utf-8")


def test_before_anything_was_told_only_the_failure_is(tmp_path: Path) -> None:
    md = tmp_path / "plan.md"
    md.write_text("of an earlier run", "utf-8")
    with pytest.raises(Refused), told_in(md):
        raise Refused("no")
    assert md.read_text("utf-8").startswith("### Failed: no\n")
    with pytest.raises(Refused), told_in(None):
        raise Refused("no")
