"""What the roles of every environment's plan may do, against the contracts in iam-policies/capabilities.

A plan from nothing knows actions but not yet the resources, so nothing is proven of most roles here; that is done on a
plan of what was deployed (tests/unit/usecases/test_iam_recorded.py). An action that is missing or too much shows here.
"""

from __future__ import annotations

import pytest
from tests.support.contracts import OWN
from tests.support.plans import Plan

from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.usecases.iam import prove

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]


def test_no_role_has_an_action_too_many_or_too_few(plan: Plan) -> None:
    proof = prove(plan.document, OWN.contracts, OWN.kinds)
    found = {
        role.name: [f"{one.side.value} {one.action}" for one in role.judgement.differences] for role in proof.roles
    }
    assert {name: actions for name, actions in found.items() if actions} == {}


def test_every_role_has_a_contract_and_all_doubts_are_about_what_is_not_known_yet(plan: Plan) -> None:
    for role in prove(plan.document, OWN.contracts, OWN.kinds).roles:
        assert role.contracts
        assert all("only the apply will know" in doubt for doubt in role.judgement.doubts), role.problems


def test_no_role_is_without_the_boundary_of_its_environment(plan: Plan) -> None:
    limit = f"arn:aws:iam::{EMULATED_ACCOUNT_ID}:policy/boundaries/study-{plan.environment.name}-workloads"
    roles = plan.of("aws_iam_role")
    assert {
        role.address: role.text("permissions_boundary") for role in roles if role.text("permissions_boundary") != limit
    } == {}
    assert roles


@pytest.mark.parametrize("environment", ["prod"], scope="session")
def test_every_contract_is_about_a_role_but_those_for_what_prod_leaves_out(plan: Plan) -> None:
    used = {name for role in prove(plan.document, OWN.contracts, OWN.kinds).roles for name in role.contracts}
    left_out = {contract.name for contract in OWN.contracts if contract.when.startswith("telemetry.")}
    assert {contract.name for contract in OWN.contracts} - used == {"exec"} | left_out
