"""The summary of a plan for a pull request says who may do what from now on."""

from __future__ import annotations

from studyctl.cli.plan_text import markdown
from studyctl.domain.plan.model import NOTHING

LINES = ("+ sender may ssmmessages:* on *, by Shell", "- sender may no longer sqs:GetQueueAttributes on *, by Send")


def test_a_summary_shows_the_permissions_that_a_plan_changes_as_a_difference() -> None:
    assert "\n".join(("```diff", *LINES, "```")) in markdown("dev", NOTHING, LINES)


def test_a_summary_of_a_plan_that_changes_no_permission_does_not_speak_of_them() -> None:
    assert "ermission" not in markdown("dev", NOTHING)
