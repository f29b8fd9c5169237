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
from studyctl.domain.policy.capabilities.judgement import Side, judge
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
