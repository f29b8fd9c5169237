from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.cli.options import FLAGS, GlobalOptions, hoist_global_options
from studyctl.cli.settings_file import FILE_NAME, read_defaults
from studyctl.errors import UsageError

WORDS = st.text(alphabet="abcdefgh", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        (["plan", "dev", "--json"], ["--json", "plan", "dev"]),
        (["deploy", "dev", "--target", "emulator", "-y"], ["--target", "emulator", "-y", "deploy", "dev"]),
        (["deploy", "dev", "--lock-timeout=10m"], ["--lock-timeout=10m", "deploy", "dev"]),
        (["x", "--", "--json"], ["x", "--", "--json"]),
        (["deploy", "--target"], ["--target", "deploy"]),
    ],
)
def test_global_options_may_stand_after_the_command(typed: list[str], parsed: list[str]) -> None:
    assert hoist_global_options(typed) == parsed


@given(st.lists(WORDS | st.sampled_from(sorted(FLAGS)), max_size=10))
def test_hoisting_loses_nothing_and_is_done_once(arguments: list[str]) -> None:
    hoisted = hoist_global_options(arguments)
    assert sorted(hoisted) == sorted(arguments)
    assert [word for word in hoisted if word not in FLAGS] == [word for word in arguments if word not in FLAGS]
    assert hoist_global_options(hoisted) == hoisted


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("10m", 600), ("1h", 3600)])
def test_durations_have_units(text: str, seconds: int) -> None:
    assert GlobalOptions(lock_timeout=text).lock_timeout_seconds == seconds


@pytest.mark.parametrize("text", ["", "10", "-1s", "1.5m", "10 m", "٣s", "9999999s", "s"])
def test_a_duration_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        _ = GlobalOptions(lock_timeout=text).lock_timeout_seconds


def test_a_file_gives_defaults(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('json = true\nlock-timeout = "5m"\n')
    assert read_defaults(tmp_path) == {"as_json": True, "lock_timeout": "5m"}
    assert read_defaults(tmp_path / "elsewhere") == {}


@pytest.mark.parametrize("content", ["yes = true", "json = ", "\x00"])
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(UsageError):
        read_defaults(tmp_path)
