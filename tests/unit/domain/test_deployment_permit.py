from __future__ import annotations

import pytest
from tests.support.freezes import FROZEN, OPEN

from studyctl.domain.deployment_permit import ANY_TIME, Permit, parse_reason
from studyctl.errors import Refused, UsageError


def test_a_freeze_refuses_and_says_why_until_when_and_what_can_be_done() -> None:
    with pytest.raises(Refused, match=r"prod is frozen until Mon 2027-01-04 09:00 UTC \(year end\)") as refused:
        Permit("prod", FROZEN).require()
    assert refused.value.exit_code == 3
    assert "--override-freeze" in str(refused.value)


def test_a_reason_passes_and_is_kept_with_what_it_overrode() -> None:
    permit = Permit("prod", FROZEN, "incident 42")
    permit.require()
    assert permit.overrides == ("--override-freeze incident 42 (frozen until Mon 2027-01-04 09:00 UTC (year end))",)


@pytest.mark.parametrize("permit", [ANY_TIME, Permit("prod", OPEN), Permit("prod", OPEN, "not needed")])
def test_where_nothing_is_in_the_way_nothing_is_recorded(permit: Permit) -> None:
    permit.require()
    assert permit.overrides == ()


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "\x1b[31mred", "x" * 201])
def test_a_reason_that_says_nothing_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_reason(text)


def test_a_reason_is_trimmed() -> None:
    assert parse_reason(" logins fail ") == "logins fail"
