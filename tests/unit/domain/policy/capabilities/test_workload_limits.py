"""The boundary of workloads: every contract fits into it, and nothing else of an account does."""

from __future__ import annotations

import pytest
from tests.support.boundaries import boundary_text
from tests.support.contracts import ACCOUNT, GENERATED, OWN, document_of, statements_of

from studyctl.domain.policy.capabilities.commands import LIMIT_CHARACTERS
from studyctl.domain.policy.capabilities.limits import actions_of
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.evaluator import Authoriser, Policies
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.grants import grants_of
from studyctl.domain.policy.request import Caller, Request

BUCKET = f"study-state-{ACCOUNT}-us-east-1"
OTHERS = [
    f"arn:aws:{rest}"
    for other in ("staging", "prod")
    for rest in (
        f"s3:::study-{other}-*",
        f"sqs:*:{ACCOUNT}:study-{other}-*",
        f"secretsmanager:*:{ACCOUNT}:secret:study-{other}/*",
        f"ssm:*:{ACCOUNT}:parameter/study-{other}/*",
        f"elasticache:*:{ACCOUNT}:*:study-{other}-*",
    )
]
TEXT = boundary_text(BUCKET, OTHERS)
BOUNDARY = parse_policy(TEXT.encode(), "workload_boundary.json.tftpl")
TASK = Caller.of(f"arn:aws:iam::{ACCOUNT}:role/study-dev-api-task")


@pytest.mark.parametrize("contract", GENERATED, ids=lambda contract: contract.name)
def test_the_least_policy_of_every_contract_is_within_the_boundary(contract: Contract) -> None:
    assert is_contained(grants_of([document_of(statements_of(contract))]), grants_of([BOUNDARY])).is_proven


def test_it_fits_into_a_managed_policy() -> None:
    assert len(TEXT) <= LIMIT_CHARACTERS


def test_it_names_no_action_of_iam_and_no_wildcard() -> None:
    actions = actions_of(OWN.contracts, OWN.kinds)
    assert actions == tuple(sorted(set(actions)))
    assert [one for one in actions if "*" in one or one.startswith(("iam:", "sts:", "organizations:"))] == []


@pytest.mark.parametrize(
    ("action", "resource", "is_allowed"),
    [
        ("s3:GetObject", "arn:aws:s3:::study-dev-uploads/a", True),
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/environments/dev/platform.tfstate", False),
        ("s3:GetObject", "arn:aws:s3:::study-prod-uploads/a", False),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:study-dev-quiz-queue", True),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:study-prod-quiz-queue", False),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:study-prod/x", False),
        ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/study-prod/x", False),
        ("elasticache:Connect", f"arn:aws:elasticache:us-east-1:{ACCOUNT}:user:study-prod-client", False),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/study-dev-other", False),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/anybody", False),
        ("kms:ScheduleKeyDeletion", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a", False),
    ],
)
def test_who_holds_everything_may_do_only_what_workloads_do(action: str, resource: str, is_allowed: bool) -> None:
    everything = parse_policy(
        b'{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', "everything"
    )
    authoriser = Authoriser(Policies((everything,), boundary=(BOUNDARY,)))
    assert authoriser.decide(Request(TASK, action, resource, {})).is_allowed is is_allowed
