from __future__ import annotations

import io
import subprocess

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from studyctl.domain.settings_file import render
from studyctl.errors import UsageError

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).map("STUDY_".__add__)
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_characters="'\\\x7f\x85\xa0"), max_size=20
)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_a_dotenv_library_reads_what_was_written(values: dict[str, str]) -> None:
    text = render(values, ["a heading", "of two lines"])
    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == values


@settings(max_examples=15)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=5))
def test_a_shell_reads_the_same(values: dict[str, str]) -> None:
    shown = "".join(f'printf "%s\\n" "${name}"; ' for name in values)
    read = subprocess.run(["sh", "-c", f"{render(values)}{shown}"], capture_output=True, check=True)
    assert read.stdout.decode().split("\n") == [*values.values(), ""]


@pytest.mark.parametrize("value", ["it's", "a\\b", "two\nlines", "a\rb", "a\0b"])
def test_what_they_would_read_differently_is_refused(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        render({"DATABASE_PASSWORD": value})
    assert "DATABASE_PASSWORD" in caught.value.what
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a-b", "1A", "A B", "A=B"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        render({name: "x"})
