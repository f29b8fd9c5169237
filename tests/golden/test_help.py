"""What `--help` really prints is what is committed, whatever the terminal's width above 80 columns."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from studyctl.cli.main import run
from studyctl.cli.reference import help_texts
from studyctl.domain.environment.reference import GENERATE

FOLDER = Path(__file__).with_name("help")
COMMANDS = tuple(words for words, _ in help_texts())
COLUMNS = "100"


def golden(words: tuple[str, ...]) -> Path:
    return FOLDER / f"{'-'.join(words) or 'studyctl'}.txt"


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "studyctl")
def test_the_help_is_the_committed_one(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", COLUMNS)
    assert run([*words, "--help"]) == 0
    printed = capsys.readouterr().out
    committed = golden(words).read_text("utf-8") if golden(words).exists() else ""
    difference = difflib.unified_diff(committed.splitlines(), printed.splitlines(), "committed", "printed", lineterm="")
    assert printed == committed, f"if the change is meant, run: {GENERATE}\n" + "\n".join(difference)


def test_every_command_says_in_one_sentence_what_it_does() -> None:
    for words, text in help_texts():
        summary = text.split("\n\n", 2)[1].strip()
        assert summary.endswith("."), f"studyctl {' '.join(words)}: {summary!r}"


def test_no_help_is_left_of_a_command_that_is_gone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {golden(words).name for words in COMMANDS}
