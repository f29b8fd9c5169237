"""A generated policy is exactly what its contract needs, and nothing can be taken from it or added to it unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.contracts import ACCOUNT, GENERATED, OWN, document_of, role_with, statements_of
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy.capabilities.judgement import Side, judge, judge_actions
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.domain.policy.verdict import Standing

CONTRACTS = st.sampled_from(GENERATED)
EXCESSES = (
    "s3:*",
    "s3:PutBucketPolicy",
    "iam:PassRole",
    "sqs:PurgeQueue",
    "kms:ScheduleKeyDeletion",
    "secretsmanager:PutSecretValue",
    "*",
)


@pytest.mark.parametrize("contract", GENERATED, ids=lambda contract: contract.name)
def test_what_is_generated_is_sufficient_and_necessary(contract: Contract) -> None:
    needed = document_of(statements_of(contract))
    found = judge(role_with(needed), [needed])
    assert found.differences == ()
    assert found.is_exact


@settings(max_examples=60, deadline=None)
@given(CONTRACTS, st.data())
def test_without_any_one_statement_it_is_not_sufficient(contract: Contract, data: st.DataObject) -> None:
    statements = statements_of(contract)
    dropped = data.draw(st.integers(0, len(statements) - 1))
    left = [one for number, one in enumerate(statements) if number != dropped]
    held = (document_of(left),) if left else ()
    found = judge(role_with(*held), [document_of(statements)])
    assert found.sufficient is Standing.REFUTED
    assert found.necessary is Standing.PROVEN
    assert {one.statement for one in found.differences} == {statements[dropped]["Sid"]}


@settings(max_examples=60, deadline=None)
@given(CONTRACTS, st.data())
def test_without_any_one_action_or_resource_it_is_not_sufficient(contract: Contract, data: st.DataObject) -> None:
    statements = statements_of(contract)
    number = data.draw(st.integers(0, len(statements) - 1))
    part = data.draw(st.sampled_from(["Action", "Resource"]))
    listed = statements[number][part]
    gone = data.draw(st.sampled_from(listed))
    kept = [one for one in listed if one != gone]
    changed: list[Any] = [*statements[:number], *([{**statements[number], part: kept}] if kept else [])]
    changed += statements[number + 1 :]
    held = (document_of(changed),) if changed else ()
    found = judge(role_with(*held), [document_of(statements)])
    assert found.sufficient is Standing.REFUTED
    assert all(gone in (one.action, one.resource) for one in found.differences)


@settings(max_examples=60, deadline=None)
@given(CONTRACTS, st.sampled_from(EXCESSES))
def test_whatever_is_added_is_named(contract: Contract, action: str) -> None:
    needed = document_of(statements_of(contract))
    more = policy(allow(action, "*", Sid="More"), source="more")
    found = judge(role_with(needed, more), [needed])
    assert found.sufficient is Standing.PROVEN
    assert found.necessary is Standing.REFUTED
    assert [(one.side, one.action, one.resource, one.statement) for one in found.differences] == [
        (Side.EXCESS, action, "*", "More")
    ]


@settings(max_examples=60, deadline=None)
@given(CONTRACTS, st.data())
def test_a_resource_that_is_widened_is_named(contract: Contract, data: st.DataObject) -> None:
    statements = statements_of(contract)
    narrow = [number for number, one in enumerate(statements) if one["Resource"] != ["*"]]
    if not narrow:
        return
    number = data.draw(st.sampled_from(narrow))
    wide = [*statements[:number], {**statements[number], "Resource": ["*"]}, *statements[number + 1 :]]
    found = judge(role_with(document_of(wide)), [document_of(statements)])
    assert found.sufficient is Standing.PROVEN
    assert found.necessary is Standing.REFUTED
    assert {one.statement for one in found.differences} == {statements[number]["Sid"]}


@settings(max_examples=40, deadline=None)
@given(CONTRACTS, st.data())
def test_a_condition_that_is_dropped_is_named(contract: Contract, data: st.DataObject) -> None:
    statements = statements_of(contract)
    bound = [number for number, one in enumerate(statements) if "Condition" in one]
    if not bound:
        return
    number = data.draw(st.sampled_from(bound))
    free = {name: part for name, part in statements[number].items() if name != "Condition"}
    found = judge(
        role_with(document_of([*statements[:number], free, *statements[number + 1 :]])), [document_of(statements)]
    )
    assert found.necessary is Standing.REFUTED
    assert {one.side for one in found.differences} == {Side.EXCESS}


def contract_named(name: str) -> Contract:
    (found,) = (one for one in OWN.contracts if one.name == name)
    return found


def test_what_a_deny_takes_away_is_missing_and_its_request_is_shown() -> None:
    needed = document_of(statements_of(contract_named("outbox_relay")))
    found = judge(role_with(needed, policy(deny("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT}:*quiz*"))), [needed])
    assert [(one.side, one.action) for one in found.differences] == [(Side.MISSING, "sqs:SendMessage")]
    assert found.differences[0].verdict.witness is not None


def test_what_a_boundary_leaves_out_is_missing() -> None:
    needed = document_of(statements_of(contract_named("document")))
    boundary = (policy(allow(["s3:*", "kms:*", "sqs:*"])),)
    found = judge(role_with(needed, boundary=boundary), [needed])
    assert {one.action for one in found.differences} == {"elasticache:Connect"}
    assert found.necessary is Standing.PROVEN


def test_what_a_deny_takes_away_again_is_no_excess() -> None:
    needed = policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))
    held = policy(allow("s3:*Object", "arn:aws:s3:::data/*"), deny("s3:*", "*", NotAction=["s3:GetObject"]))
    found = judge(role_with(held), [needed])
    assert found.is_exact, [str(one) for one in found.differences]


def test_an_action_on_a_resource_that_it_never_meets_is_no_grant() -> None:
    needed = policy(allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"))
    idle = policy(allow("sqs:SendMessage", "arn:aws:s3:::data/*"), allow("ec2:DescribeVolumes", "arn:aws:s3:::data"))
    assert judge(role_with(needed, idle), [needed]).is_exact


def test_a_whole_statement_of_not_action_is_an_excess() -> None:
    needed = policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))
    found = judge(role_with(needed, policy(allow("", "*", NotAction="iam:*", Sid="Rest"))), [needed])
    assert [(one.action, one.statement) for one in found.differences] == [("everything but iam:*", "Rest")]


def test_what_cannot_be_compared_is_not_proven() -> None:
    needed = policy(allow("s3:GetObject", "arn:aws:s3:::data/*"))
    held = policy(allow("s3:GetObject", "arn:aws:s3:::${which}/*"))
    found = judge(role_with(held), [needed])
    assert Standing.PROVEN not in (found.sufficient, found.necessary)


def test_without_resources_only_actions_are_judged_and_nothing_is_proven() -> None:
    needed = policy(allow(["sqs:SendMessage", "ssm:GetParameter"], "arn:aws:sqs:us-east-1:123456789012:jobs"))
    held = policy(allow(["sqs:Send*", "s3:GetObject"], "*"))
    found = judge_actions(role_with(held), [needed], ["not known yet"])
    assert [(one.side, one.action) for one in found.differences] == [
        (Side.MISSING, "ssm:GetParameter"),
        (Side.EXCESS, "sqs:Send*"),
        (Side.EXCESS, "s3:GetObject"),
    ]
    assert judge_actions(role_with(needed), [needed], ["not known yet"]).sufficient is Standing.NOT_PROVEN
