"""The file of known drift: what it says, and everything that is wrong with it at once."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.drift_file import MANIFEST, read_ignores
from studyctl.domain.drift import Ignore
from studyctl.errors import UsageError


def written(folder: Path, text: str) -> Path:
    file = folder / MANIFEST
    file.parent.mkdir()
    file.write_text(text)
    return folder


def test_a_row_is_read(tmp_path: Path) -> None:
    row = "{where: aws_lb.*, attribute: tags, reason: The scanner tags., owner: platform, expires: 2027-01-31}"
    text = f"ignore:\n  - {row}\n"
    assert read_ignores(written(tmp_path, text)) == (
        Ignore("aws_lb.*", "tags", "The scanner tags.", "platform", datetime.date(2027, 1, 31)),
    )


def test_no_file_means_that_nothing_is_known(tmp_path: Path) -> None:
    assert read_ignores(tmp_path) == ()


def test_ours_can_be_read() -> None:
    read_ignores(REPOSITORY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- where", "must be a mapping"),
        ("ignore: {}\nother: 1\n", "the file is a list called ignore"),
        ("ignore: [{where: x}]\n", "a row has where, reason, owner and expires"),
        ("ignore: [{where: x, reason: '', owner: o, expires: 2027-01-01}]\n", "are texts"),
        ("ignore: [{where: x, reason: r, owner: o, expires: never}]\n", "not 'never'"),
        ("ignore: [", "infra/drift.yaml:1"),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_ignores(written(tmp_path, text))
    assert said in f"{caught.value.why}"
