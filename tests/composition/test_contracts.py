"""What the roles of every environment's plan may do, against the contracts in iam-policies/capabilities.

A plan from nothing knows actions but not yet the resources, so nothing is proven of most roles here; that is done on a
plan of what was deployed (tests/unit/usecases/test_iam_recorded.py). An action that is missing or too much shows here.
"""

from __future__ import annotations

import pytest
from tests.support.contracts import OWN
from tests.support.plans import Plan

from studyctl.usecases.iam import prove

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

PUBLISHING = {"excess sqs:GetQueueAttributes", "excess sqs:GetQueueUrl", "excess sqs:SendMessage"}
PARAMETER = {"missing ssm:GetParameter"}
KNOWN_DIFFERENCES: dict[str, set[str]] = {
    "api-task": {"excess s3:GetObject", *PUBLISHING, *PARAMETER},
    "document-task": {"excess sqs:GetQueueUrl", "excess sqs:SendMessage"},
    "indexing-task": {
        "excess sqs:GetQueueUrl",
        "excess sqs:SendMessage",
        "excess kms:GenerateDataKey",
        *PARAMETER,
    },
    "quiz-task": {"excess sqs:GetQueueUrl", "excess sqs:SendMessage", "excess kms:GenerateDataKey", *PARAMETER},
    "notification-task": {
        "excess sqs:ChangeMessageVisibility",
        "excess sqs:DeleteMessage",
        "excess sqs:GetQueueAttributes",
        "excess sqs:GetQueueUrl",
        "excess sqs:ReceiveMessage",
    },
    "outbox-relay-task": {"excess sqs:GetQueueUrl"},
}
"""Where permissions.tf and workloads.tf still differ from what the services do. Whoever mends them removes the rows."""
ONLY_WITHOUT_EXEC = {"notification-task": {"excess kms:Decrypt"}}
"""A shell in a task needs kms:Decrypt too, which hides that the role itself does not."""


def test_no_role_has_an_action_too_many_or_too_few_that_is_not_known(plan: Plan) -> None:
    proof = prove(plan.document, OWN.contracts, OWN.kinds)
    expected = {name: set(actions) for name, actions in KNOWN_DIFFERENCES.items()}
    if not plan.environment.cluster.has_exec:
        for name, actions in ONLY_WITHOUT_EXEC.items():
            expected[name] |= actions
    prefix = f"{plan.environment.project}-{plan.environment.name}-"
    found = {
        role.name.removeprefix(prefix): {f"{one.side.value} {one.action}" for one in role.judgement.differences}
        for role in proof.roles
        if role.judgement.differences
    }
    assert found == expected


def test_every_role_has_a_contract_and_all_doubts_are_about_what_is_not_known_yet(plan: Plan) -> None:
    for role in prove(plan.document, OWN.contracts, OWN.kinds).roles:
        assert role.contracts
        assert all("only the apply will know" in doubt for doubt in role.judgement.doubts), role.problems


@pytest.mark.parametrize("environment", ["prod"], scope="session")
def test_every_contract_is_about_a_role_but_that_for_shells(plan: Plan) -> None:
    used = {name for role in prove(plan.document, OWN.contracts, OWN.kinds).roles for name in role.contracts}
    assert {contract.name for contract in OWN.contracts} - used == {"exec"}
