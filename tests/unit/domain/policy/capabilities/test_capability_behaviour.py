"""Recorded calls against policies: what is refused, and what nothing needed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.contracts import GENERATED, document_of, role_with, statements_of
from tests.support.policies import allow, policy

from studyctl.domain.policy.capabilities.behaviour import Call, replayed
from studyctl.domain.policy.capabilities.judgement import Side
from studyctl.domain.policy.capabilities.model import Contract

OBJECTS = "arn:aws:s3:::data/*"
READS = Call("s3:GetObject", "arn:aws:s3:::data/one")


def said(*held: dict[str, object], calls: tuple[Call, ...]) -> list[tuple[Side, str, str]]:
    return [(one.side, one.action, one.resource) for one in replayed(role_with(policy(*held)), calls)]


def test_what_every_call_needed_is_neither_missing_nor_too_much() -> None:
    assert said(allow("s3:GetObject", OBJECTS), calls=(READS, READS)) == []


def test_a_call_that_is_not_allowed_is_missing() -> None:
    write = Call("s3:PutObject", "arn:aws:s3:::data/one")
    assert said(allow("s3:GetObject", OBJECTS), calls=(READS, write)) == [
        (Side.MISSING, "s3:PutObject", "arn:aws:s3:::data/one")
    ]


def test_an_action_and_a_resource_that_no_call_needed_are_named() -> None:
    held = allow(["s3:GetObject", "s3:PutObject"], [OBJECTS, "arn:aws:s3:::other/*"])
    assert said(held, calls=(READS,)) == [
        (Side.EXCESS, "s3:PutObject", ""),
        (Side.EXCESS, "s3:GetObject, s3:PutObject", "arn:aws:s3:::other/*"),
    ]


def test_what_is_granted_twice_is_needed_once_and_so_each_can_go() -> None:
    held = (allow("s3:GetObject", OBJECTS, Sid="A"), allow("s3:GetObject", OBJECTS, Sid="B"))
    assert len(said(*held, calls=(READS,))) == 2


def test_what_a_service_does_for_the_caller_is_in_no_recording() -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert said(allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", "*", through), calls=(READS,)) == []


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GENERATED), st.data())
def test_a_generated_policy_survives_no_mutation_when_everything_it_grants_was_called(
    contract: Contract, data: st.DataObject
) -> None:
    statements = [one for one in statements_of(contract) if "Condition" not in one]
    calls = [
        Call(action, resource.replace("*", "x") if resource != "*" else "*")
        for one in statements
        for action in one["Action"]
        for resource in one["Resource"]
    ]
    role = role_with(document_of(statements))
    assert replayed(role, calls) == ()
    action = data.draw(st.sampled_from([call.action for call in calls]))
    found = replayed(role, [call for call in calls if call.action != action])
    assert {one.action for one in found if not one.resource} == {action}
