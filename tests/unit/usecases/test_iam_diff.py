"""What a change of policies adds and removes, in words: between two plans, in one, and between two policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.iam_plans import OBJECTS, QUEUE, READ, SEND, SHELL, plan_with
from tests.support.policy_cases import plan_of

from studyctl.usecases.iam_diff import changes, changes_of_plan, holder_of_policy, holders_of_plan, told

TLS_ONLY = {**READ, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
KEEP = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/keep"}
PLAIN = "s3:GetObject on {}example with aws:securetransport = false"
EVERY_GET = {**READ, "Action": "s3:Get*"}


def test_a_policy_that_nobody_knows_is_a_change_that_nobody_knows() -> None:
    attached = {"role": "sender", "policy_arn": "arn:aws:iam::123456789012:policy/elsewhere"}
    before, after = plan_with(SEND), plan_with(SEND, more={"aws_iam_role_policy_attachment.a": attached})
    (line,) = lines_between(before, after)
    assert line.startswith("? ")
    assert "elsewhere is not made by this plan" in line
    assert lines_between(after, before) == [line]
    assert lines_between(after, after) == []
    changes_ = [{**one, "type": "aws_iam_role"} for one in after["resource_changes"]]
    first, second = told({**after, "resource_changes": changes_, "prior_state": {}}, 10)
    assert ("is new" in first, second) == (True, line)


def lines_between(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = changes(holders_of_plan(before), holders_of_plan(after))
    return [line for change in found for line in change.lines]


def test_a_change_is_told_as_what_it_adds_and_removes() -> None:
    narrow = {**SEND, "Action": ["sqs:SendMessage"]}
    assert lines_between(plan_with(SEND), plan_with(narrow, SHELL)) == [
        "+ sender may ssmmessages:* on *, by Shell",
        f"- sender may no longer sqs:GetQueueAttributes on {QUEUE}, by Send",
    ]


def test_a_plan_alone_tells_what_it_changes() -> None:
    after = plan_with(SEND, SHELL)
    before = plan_with(SEND)
    read = after["prior_state"]["values"]["root_module"]["resources"]
    now = {"root_module": {"resources": [*read, *before["planned_values"]["root_module"]["resources"]]}}
    after["prior_state"] = {"values": now}
    found = [line for change in changes_of_plan(after) for line in change.lines]
    assert found == ["+ sender may ssmmessages:* on *, by Shell"]


def test_to_write_a_policy_differently_changes_nothing() -> None:
    parts = [{**SEND, "Sid": name, "Action": action} for name, action in zip("AB", SEND["Action"], strict=True)]
    assert lines_between(plan_with(SEND), plan_with(*parts)) == []


def test_a_new_role_adds_everything_that_it_holds() -> None:
    assert lines_between(plan_of({}), plan_with(SEND)) == [
        f"+ sender may sqs:SendMessage on {QUEUE}, by Send",
        f"+ sender may sqs:GetQueueAttributes on {QUEUE}, by Send",
    ]


def test_two_policies_are_compared() -> None:
    def holder(*statements: Mapping[str, Any]) -> Any:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode()
        return holder_of_policy(text, "policy.json")

    deny = {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}
    (change,) = changes([holder(SEND)], [holder(SEND, deny)])
    assert (change.added, [one.action for one in change.removed]) == ((), ["sqs:SendMessage"])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([READ], [READ, KEEP], ("- sender may less of", "s3:GetObject", "no longer", "s3:GetObject on {}keep")),
        ([READ, KEEP], [READ], ("+ sender may more of", "s3:GetObject", "now also", "s3:GetObject on {}keep")),
        ([READ], [TLS_ONLY], ("- sender may less of", "s3:GetObject", "no longer", PLAIN)),
        ([EVERY_GET], [READ], ("- sender may less of", "s3:Get*", "no longer", "s3:GetObjectAcl on {}example")),
    ],
)
def test_what_changes_in_part_is_told_with_what_shows_it(
    before: list[dict[str, Any]], after: list[dict[str, Any]], words: tuple[str, str, str, str]
) -> None:
    start, action, which, request = words
    (told,) = lines_between(plan_with(*before), plan_with(*after))
    assert told == f"{start} {action} on {OBJECTS}, {which} {request.format(OBJECTS[:-1])}, by Read"


def test_a_plan_that_touches_no_policy_is_told_without_reading_it() -> None:
    assert told({"resource_changes": [{"type": "aws_sqs_queue", "change": {"actions": ["create"]}}]}, 3) == ()
