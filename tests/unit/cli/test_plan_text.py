"""The summary of a plan for a pull request says who may do what from now on."""

from __future__ import annotations

from studyctl.cli.markdown import failure
from studyctl.cli.plan_text import markdown
from studyctl.domain.plan import NOTHING, summarise
from studyctl.errors import Refused

COMMENT_CHARACTERS = 65_536
"""GitHub's limit, which it refuses a comment or an issue above."""

LINES = ("+ sender may ssmmessages:* on *, by Shell", "- sender may no longer sqs:GetQueueAttributes on *, by Send")


def test_a_summary_shows_the_permissions_that_a_plan_changes_as_a_difference() -> None:
    assert "\n".join(("```diff", *LINES, "```")) in markdown("dev", NOTHING, LINES)


def test_a_summary_of_a_plan_that_changes_no_permission_does_not_speak_of_them() -> None:
    assert "ermission" not in markdown("dev", NOTHING)


def test_the_summary_tells_what_a_month_costs_where_there_is_something_to_price() -> None:
    assert "Cost: about $9 (+$2)." in markdown("dev", NOTHING, cost="about $9 (+$2)")
    assert "Cost" not in markdown("dev", NOTHING)


MANY = summarise(
    {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": f"module.database.aws_db_instance.{'replica' * 9}[{number}]",
                "module_address": "module.database",
                "type": "aws_db_instance",
                "change": {"actions": ["delete"], "before": {"id": "x"}, "after": None},
            }
            for number in range(900)
        ],
    }
)


def test_three_brief_plans_and_why_they_failed_fit_into_a_comment_and_say_that_they_are_cut() -> None:
    permissions = [f"+ {'somebody ' * 9}{number}" for number in range(200)]
    refused = Refused("no", why="\n".join(f"finding {'x' * 90} {number}" for number in range(900)))
    brief = markdown("prod", MANY, permissions, is_brief=True) + failure(refused, is_brief=True)
    assert len(brief) * 3 < COMMENT_CHARACTERS
    assert brief.count("more lines, in the job's summary") == 4
    assert brief.count("```") % 2 == 0, "every fence is closed"
    assert "900 to destroy" in brief


def test_the_summary_that_somebody_approves_by_leaves_nothing_out() -> None:
    whole = markdown("prod", MANY)
    assert all(change.address in whole for change in MANY.changes)
    assert "more lines" not in whole


def test_what_a_name_says_does_not_leave_its_fence() -> None:
    address = 'aws_sqs_queue.main["``` @everybody"]'
    queue = {"address": address, "type": "aws_sqs_queue", "change": {"actions": ["create"]}}
    assert markdown("dev", summarise({"format_version": "1.2", "resource_changes": [queue]})).count("```") == 2
