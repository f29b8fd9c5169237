"""Every role of an environment as it was deployed: what it holds is what it needs, and any change of that is found.

The plan was recorded from a deployed environment and cut down to roles, their policies and what contracts name.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.contracts import OWN
from tests.support.policies import allow, policy

from studyctl.adapters.contract_files import read_unrecorded
from studyctl.adapters.recorded_calls import read_calls
from studyctl.domain.policy.capabilities.behaviour import replayed
from studyctl.domain.policy.capabilities.echoes import without_echoes
from studyctl.domain.policy.capabilities.judgement import BEYOND_BOUNDARY, Side, judge, judge_actions
from studyctl.domain.policy.documents import Document, Statement
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.verdict import Standing
from studyctl.usecases.iam import needed_by, prove

PLAN = json.loads((Path(__file__).resolve().parents[2] / "fixtures" / "dev-roles.plan.json").read_text("utf-8"))
GRAPH = graph_of(PLAN)
ROLES = {role.name: without_echoes(role, GRAPH.plan) for role in GRAPH.world.of_kind(IdentityKind.ROLE)}
STATEMENTS = [
    (role.name, document, statement)
    for role in ROLES.values()
    for document in role.policies
    if not document.source.startswith("arn:aws:iam::aws:")
    for statement in document.statements
]


def needed_of(role: Identity) -> tuple[Document, ...]:
    return needed_by(role, GRAPH.plan, OWN.contracts, OWN.kinds).documents


def test_every_role_is_sufficient_and_necessary() -> None:
    proof = prove(PLAN, OWN.contracts, OWN.kinds)
    assert len(proof.roles) == 17
    assert [(role.name, role.problems) for role in proof.inexact] == []


@pytest.mark.parametrize(
    ("name", "document", "statement"), STATEMENTS, ids=[f"{name}-{one.label}" for name, _, one in STATEMENTS]
)
def test_without_any_one_statement_a_role_is_not_sufficient(
    name: str, document: Document, statement: Statement
) -> None:
    role = ROLES[name]
    left = replace(document, statements=tuple(one for one in document.statements if one is not statement))
    mutant = replace(role, policies=tuple(left if one is document else one for one in role.policies))
    found = judge(mutant, needed_of(role))
    assert found.sufficient is Standing.REFUTED
    assert found.necessary is Standing.PROVEN


@pytest.mark.parametrize("name", ROLES)
def test_all_of_s3_is_too_much_for_every_role_and_is_named(name: str) -> None:
    role = ROLES[name]
    mutant = replace(role, policies=(*role.policies, policy(allow("s3:*", "*", Sid="TooMuch"), source="more")))
    found = judge(mutant, needed_of(role))
    assert [(one.side, one.action, one.statement) for one in found.differences] == [(Side.EXCESS, "s3:*", "TooMuch")]


def within(role: Identity, leaving_out: str) -> Identity:
    """A role whose boundary leaves an action out."""
    boundary = tuple(
        replace(
            document,
            statements=tuple(
                one._replace(actions=tuple(item for item in one.actions if item.text != leaving_out))
                for one in document.statements
            ),
        )
        for document in role.boundary or ()
    )
    assert boundary
    return replace(role, boundary=boundary)


def test_the_boundary_of_every_role_was_read_from_the_account() -> None:
    (read,) = GRAPH.plan.data("aws_iam_policy")
    assert {role.boundary_arn for role in ROLES.values()} == {read.text("arn")}
    assert {len(role.boundary or ()) for role in ROLES.values()} == {1}


@pytest.mark.parametrize("name", ROLES)
def test_what_the_boundary_leaves_out_is_missing_and_said_to_be_its_fault(name: str) -> None:
    role = ROLES[name]
    needed = needed_of(role)
    action = min(item.text for document in needed for statement in document.allows for item in statement.actions)
    found = judge(within(role, action), needed)
    assert {(one.side, one.action) for one in found.differences} == {(Side.MISSING, action)}
    assert all(one.statement.endswith(BEYOND_BOUNDARY) for one in found.differences)
    actions_only = judge_actions(within(role, action), needed, ())
    assert [(one.side, one.action) for one in actions_only.differences] == [(Side.MISSING, action)]


@pytest.mark.parametrize("name", ROLES)
def test_what_the_boundary_forbids_is_not_too_much(name: str) -> None:
    role = ROLES[name]
    mutant = replace(role, policies=(*role.policies, policy(allow(["iam:*", "sts:AssumeRole", "organizations:*"]))))
    assert judge(mutant, needed_of(role)).is_exact
    assert judge(replace(mutant, boundary=None), needed_of(role)).necessary is Standing.REFUTED


def test_a_boundary_that_nobody_made_is_a_doubt_and_not_a_verdict() -> None:
    unread = json.loads(json.dumps(PLAN))
    root = unread["prior_state"]["values"]["root_module"]
    root["resources"] = [one for one in root["resources"] if one["type"] != "aws_iam_policy"]
    for role in prove(unread, OWN.contracts, OWN.kinds).roles:
        assert role.judgement.differences == ()
        assert any("its boundary" in doubt and "is not made by this plan" in doubt for doubt in role.judgement.doubts)


CALLS = read_calls(Path(__file__).resolve().parents[2] / "fixtures" / "dev-calls.jsonl")
"""What tasks called from their start through the smoke test of that environment, recorded by the emulator."""


def test_what_tasks_were_seen_to_call_is_allowed_and_needs_all_that_they_hold() -> None:
    proof = prove(PLAN, OWN.contracts, OWN.kinds, CALLS, read_unrecorded(REPOSITORY))
    assert len(CALLS) == 5
    assert [(role.name, role.problems) for role in proof.inexact] == []


@pytest.mark.parametrize("name", CALLS)
def test_all_of_s3_is_survived_by_every_call_and_named(name: str) -> None:
    role = ROLES[name]
    mutant = replace(role, policies=(*role.policies, policy(allow("s3:*", "*", Sid="TooMuch"), source="more")))
    assert "s3:*" in {one.action for one in replayed(mutant, CALLS[name]) if one.side is Side.EXCESS}


def test_without_the_statement_that_a_call_needs_it_is_missing() -> None:
    unrecorded = read_unrecorded(REPOSITORY)
    needed = 0
    for name, document, statement in STATEMENTS:
        role = ROLES[name]
        if name not in CALLS or statement.label in unrecorded or set(map(str, statement.conditions)):
            continue
        if all(item.text in unrecorded for item in statement.actions):
            continue
        left = replace(document, statements=tuple(one for one in document.statements if one is not statement))
        mutant = replace(role, policies=tuple(left if one is document else one for one in role.policies))
        found = {one.side for one in replayed(mutant, CALLS[name])}
        assert Side.MISSING in found, f"{name}: {statement.label}"
        needed += 1
    assert needed >= len(CALLS)
