"""Drift for an issue: short enough for one, and nothing that an account's names say gets out of its fence."""

from __future__ import annotations

from studyctl.cli.drift_text import DRIFTED, markdown
from studyctl.domain.drift import DriftReport, Unmanaged
from studyctl.domain.plan import NOTHING

COMMENT_CHARACTERS = 65_536


def found(*names: str) -> DriftReport:
    things = tuple(Unmanaged(f"arn:aws:sqs:us-east-1:123456789012:{name}", "us-east-1") for name in names)
    return DriftReport((), (), things, NOTHING, 0, ())


def test_an_issue_is_short_enough_says_so_and_keeps_the_sum() -> None:
    many = found(*(f"{'queue' * 9}-{number}" for number in range(2_000)))
    brief, whole = markdown("prod", many, is_brief=True), markdown("prod", many)
    assert len(brief) < COMMENT_CHARACTERS < len(whole)
    assert "more lines, in the job's summary" in brief
    assert DRIFTED in brief
    assert "2000 unmanaged" in brief.splitlines()[0]
    assert all(thing.arn in whole for thing in many.unmanaged)


def test_a_name_stays_in_its_fence() -> None:
    assert markdown("prod", found("``` @everybody")).count("```") == 2
