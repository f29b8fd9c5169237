"""What a shell is told, and what a typing error gets."""

from __future__ import annotations

import pytest

from studyctl.cli import errors
from studyctl.cli.main import COMMANDS, command_line, run
from studyctl.cli.options import ListedCommand
from studyctl.errors import Interrupted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("studyctl de", "deploy\ndestroy\n"),
        ("studyctl deploy dev --on", "--only\n"),
        ("studyctl iam pr", "prove\n"),
    ],
)
def test_a_shell_completes_commands_and_their_options(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    monkeypatch.setenv("_STUDYCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    assert run([]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (said, "")


def test_what_is_nearly_a_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["depoy", "dev"]) == 64
    assert "deploy" in capsys.readouterr().err


def test_who_stops_a_command_is_told_that_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    def wait() -> None:
        """Wait for Ctrl-C."""
        raise KeyboardInterrupt

    root = command_line()
    root.add_command(ListedCommand("wait", wait))
    with pytest.raises(Interrupted) as stopped:
        root.main(args=["wait"], prog_name="studyctl", standalone_mode=False)
    assert errors.explain(stopped.value) == 130
    assert capsys.readouterr().err.startswith("error: interrupted")


def test_each_command_is_run_with_its_parameters() -> None:
    root = command_line()
    context = root.make_context("studyctl", ["doctor"], resilient_parsing=True)
    for name in COMMANDS:
        found, command, rest = root.resolve_command(context, [name, "dev"])
        assert (found, command.name, rest) == (name, name, ["dev"])
        assert command.get_help(context)
