"""What AWS accepts as a cron expression, and what a wrong one is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.environment.cron import FIELDS, cron_problems


@pytest.mark.parametrize(
    "text",
    [
        "0 7 ? * MON-FRI *",
        "0/15 8-18 ? * 2-6 *",
        "0 18 L * ? *",
        "0 18 15W JAN,JUL ? *",
        "0 9 ? * FRI#2 2026-2030",
        "*/5 * * * ? *",
        "0,30 * ? * SUN,SAT *",
    ],
)
def test_what_aws_accepts(text: str) -> None:
    assert list(cron_problems(text)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "six fields"),
        ("0 7 ? * MON-FRI", "not 5"),
        ("0  7 ? * MON *", "one space"),
        ("cron(0 7 ? * MON *)", "without cron"),
        ("60 7 ? * MON *", "minutes is '60'"),
        ("-1 7 ? * MON *", "minutes"),
        ("0 18-7 ? * MON *", "hours is '18-7'"),
        ("0 7 0 * ? *", "day of month"),
        ("0 7 ? 13 MON *", "from 1 to 12"),
        ("0 7 ? * MONDAY *", "day of week"),
        ("0 7 ? * 0 *", "from 1 to 7"),
        ("0 7 ? * FRI#6 *", "day of week"),
        ("0 7 ? * MON 1969", "year"),
        ("0/0 7 ? * MON *", "minutes"),
        ("? 7 ? * MON *", "minutes is '?'"),
        ("\u0660 7 ? * MON *", "minutes"),
        ("0 7 * * * *", "exactly one"),
        ("0 7 ? * ? *", "exactly one"),
        ("9" * 5000 + " 7 ? * MON *", "minutes is '99999999999999999999'"),
    ],
)
def test_what_a_wrong_one_is_told(text: str, told: str) -> None:
    assert any(told in problem for problem in cron_problems(text))


@given(st.tuples(*(st.integers(field.least, field.most) for field in FIELDS)), st.booleans())
def test_numbers_within_the_bounds_are_accepted(numbers: tuple[int, ...], is_weekly: bool) -> None:
    parts = [str(number) for number in numbers]
    parts[2 if is_weekly else 4] = "?"
    assert list(cron_problems(" ".join(parts))) == []


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert all(0 < len(problem) < 200 for problem in cron_problems(text))
