"""What studyctl itself is granted, against what its commands were recorded to call on the emulator, of dev and of prod."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.contracts import ACCOUNT
from tests.support.policies import allow, policy

from studyctl.adapters.contract_files import read_command_contracts
from studyctl.adapters.recorded_calls import read_calls
from studyctl.domain.policy.capabilities.behaviour import Call
from studyctl.domain.policy.capabilities.commands import (
    LIMIT_CHARACTERS,
    LONGEST,
    CommandContract,
    command_contract_of,
    filled,
    policies_of,
)
from studyctl.domain.policy.capabilities.contracts import BadContract
from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.evaluator import Authoriser, Policies
from studyctl.domain.policy.globs import Reading, glob, matches
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.request import Caller, Request

CALLS = Path(__file__).resolve().parents[3] / "fixtures" / "studyctl-calls"
CONTRACTS = {one.name: one for one in read_command_contracts(REPOSITORY)}
ROLE = Caller.of(f"arn:aws:iam::{ACCOUNT}:role/ci/study-dev-apply")
LIMIT, PASSED_TO = "iam:permissionsboundary", "iam:passedtoservice"
EVERYTHING = policy(allow("*", "*"))
OF_ROLE = {"plan": ("reads",), "apply": ("reads", "changes")}


def facts(environment: str) -> dict[str, str]:
    return {
        "partition": "aws",
        "region": "us-east-1",
        "account": ACCOUNT,
        "environment": environment,
        "project": "study",
        "source": environment,
        "prefix": f"study-{environment}",
        "state_bucket": f"study-state-{ACCOUNT}-us-east-1",
    }


def documents(names: tuple[str, ...], environment: str) -> tuple[Document, ...]:
    found = []
    for name in names:
        for file, text in policies_of(CONTRACTS[name]).items():
            found.append(parse_policy(with_places(text, facts(environment)).encode(), file))
    return tuple(found)


def with_places(template: str, values: Mapping[str, str]) -> str:
    for place, value in values.items():
        template = template.replace(f"${{{place}}}", value)
    return template


def recorded(name: str) -> tuple[Call, ...]:
    return read_calls(CALLS / f"{name}.jsonl")[name]


def limit(environment: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/boundaries/study-{environment}-workloads"


def permitted(
    names: tuple[str, ...], environment: str, calls: tuple[Call, ...], within: str | None = None
) -> list[Call]:
    """The calls that a role may make, each about a role within the environment's boundary or within another one."""
    authoriser = Authoriser(Policies(documents(names, environment)))
    context = {LIMIT: (limit(environment) if within is None else within,), PASSED_TO: ("ecs-tasks.amazonaws.com",)}
    return [c for c in calls if authoriser.decide(Request(ROLE, c.action, c.resource, context)).is_allowed]


def test_every_recorded_call_is_an_action_that_aws_has() -> None:
    calls = (*recorded("reads"), *recorded("changes"))
    assert [call for call in calls if catalogue().action(call.action) is None] == []


@pytest.mark.parametrize(("role", "recording"), [("plan", "reads"), ("apply", "reads"), ("apply", "changes")])
def test_what_a_role_is_granted_is_sufficient_for_what_was_recorded(role: str, recording: str) -> None:
    calls = recorded(recording)
    fine = [*permitted(OF_ROLE[role], "dev", calls), *permitted(OF_ROLE[role], "prod", calls)]
    assert [call for call in calls if call not in fine] == []


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_each_grant_is_needed_by_a_recorded_call_or_says_why_none_shows_it(contract: CommandContract) -> None:
    by_action: dict[str, list[str]] = {}
    for call in (*recorded("reads"), *recorded("changes")):
        by_action.setdefault(call.action, []).append(call.resource)
    unneeded = [
        f"{action} on {resource}"
        for grant in contract.grants
        if not grant.because
        for action in grant.actions
        for resource in grant.resources
        if not any(meets(resource, called) for called in by_action.get(action, ()))
    ]
    assert unneeded == []


def meets(resource: str, called: str) -> bool:
    patterns = [glob(filled(resource, facts(name)), Reading.RESOURCE) for name in ("dev", "prod")]
    return any(matches(pattern, called) for pattern in patterns)


def test_the_plan_role_writes_nothing_but_the_lock() -> None:
    writes = {
        (action, resource)
        for grant in CONTRACTS["reads"].grants
        for action in grant.actions
        for resource in grant.resources
        if (known := catalogue().action(action)) is None or known.is_write
    }
    lock = "arn:{partition}:s3:::{state_bucket}/environments/{environment}/platform.tfstate.tflock"
    assert {pair for pair in writes if not pair[0].startswith("kms:")} == {
        ("s3:DeleteObject", lock),
        ("s3:PutObject", lock),
    }


@pytest.mark.parametrize("other", ["arn:aws:sqs:us-east-1:123456789012:study-prod-quiz-queue", "arn:aws:iam::123456789012:role/study-prod-api-task", "arn:aws:iam::123456789012:role/ci/study-dev-apply", "arn:aws:iam::123456789012:user/study-dev-x"])  # fmt: skip
def test_another_environment_and_its_own_role_are_out_of_reach(other: str) -> None:
    service = other.split(":")[2]
    action = {"sqs": "sqs:DeleteQueue", "iam": "iam:PutRolePolicy"}[service]
    assert permitted(OF_ROLE["apply"], "dev", (Call(action, other),)) == []


@pytest.mark.parametrize(("service", "is_passed"), [("dlm", True), ("ecs-tasks", True), ("lambda", False), ("ssm", False)])  # fmt: skip
def test_a_role_is_passed_to_services_of_the_platform_only(service: str, is_passed: bool) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/study-dev-api-task"
    request = Request(ROLE, "iam:PassRole", role, {PASSED_TO: (f"{service}.amazonaws.com",)})
    assert Authoriser(Policies(documents(OF_ROLE["apply"], "dev"))).decide(request).is_allowed == is_passed


@pytest.mark.parametrize("role", OF_ROLE)
@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_nothing_is_decrypted_but_through_a_service_and_plans(role: str, action: str) -> None:
    authoriser = Authoriser(Policies(documents(OF_ROLE[role], "dev")))

    def may(**context: str) -> bool:
        keys = {name.replace("_", ":"): (value,) for name, value in context.items()}
        return authoriser.decide(Request(ROLE, action, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", keys)).is_allowed

    assert may(kms_viaservice="s3.us-east-1.amazonaws.com")
    assert may(kms_requestalias="alias/study-state-state")
    assert not may(kms_requestalias="alias/study-dev-data")
    assert not may()


def applying(action: str, *, granted: bool, within: str | None) -> bool:
    """Whether the apply role of dev may do something to one of its roles: by its grants, or by its boundary alone."""
    own = documents(OF_ROLE["apply"], "dev") if granted else (EVERYTHING,)
    authoriser = Authoriser(Policies(own, boundary=(pipeline_boundary("dev"),)))
    context = {} if within is None else {LIMIT: (within,)}
    resource = f"arn:aws:iam::{ACCOUNT}:role/study-dev-api-task"
    return authoriser.decide(Request(ROLE, action, resource, context)).is_allowed


def pipeline_boundary(environment: str) -> Document:
    text = (REPOSITORY / "iam-policies" / "boundary.json.tftpl").read_text("utf-8")
    alone = re.sub(r"%\{ if (length|contains)\(others.*?%\{ endif ~\}\n", "", text, flags=re.DOTALL)
    places = {**facts(environment), "limit": limit(environment), "jsonencode(regions)": '["us-east-1", "us-west-2"]'}
    return parse_policy(with_places(alone, places).encode(), "boundary.json.tftpl")


GROWING = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")


@pytest.mark.parametrize("granted", [True, False], ids=["by its grants", "by its boundary"])
@pytest.mark.parametrize("action", GROWING)
def test_the_apply_role_gives_nothing_to_a_role_without_the_limit(action: str, granted: bool) -> None:
    assert applying(action, granted=granted, within=limit("dev"))
    assert not applying(action, granted=granted, within=None)
    assert not applying(action, granted=granted, within=limit("prod"))
    assert not applying(action, granted=granted, within="arn:aws:iam::aws:policy/AdministratorAccess")


def test_nobody_in_the_pipeline_takes_a_limit_off_or_rewrites_it() -> None:
    assert not applying("iam:DeleteRolePermissionsBoundary", granted=False, within=limit("dev"))
    authoriser = Authoriser(Policies((EVERYTHING,), boundary=(pipeline_boundary("dev"),)))
    for action in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"):
        assert not authoriser.decide(Request(ROLE, action, limit("dev"), {})).is_allowed
    assert authoriser.decide(Request(ROLE, "iam:GetPolicyVersion", limit("dev"), {})).is_allowed


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_policy_fits(contract: CommandContract) -> None:
    policies = policies_of(contract)
    assert len(policies) <= 4
    for template in policies.values():
        text = with_places(template, LONGEST)
        assert len(json.dumps(json.loads(text), separators=(",", ":"))) <= LIMIT_CHARACTERS


def test_a_mistake_is_told_with_the_right_word() -> None:
    grant = {"actions": ["sqs:CreateQeue"], "resources": ["arn:{partition}:sqs:*:{acount}:x"]}
    with pytest.raises(BadContract, match=r"did you mean sqs:CreateQueue.*'acount' is none of"):
        command_contract_of({"what": "w", "commands": [], "grants": [grant]}, "some")


def test_the_secrets_policy_is_held_to_one_account_region_and_environment() -> None:
    text = (REPOSITORY / "iam-policies" / "secrets-manager-policy.json.tftpl").read_text("utf-8")
    authoriser = Authoriser(Policies((parse_policy(with_places(text, facts("dev")).encode(), "secrets"),)))

    def reads(resource: str, action: str = "secretsmanager:GetSecretValue") -> bool:
        owner = (resource.split(":")[4],)
        return authoriser.decide(Request(ROLE, action, resource, {"aws:resourceaccount": owner})).is_allowed

    own = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:study-dev/qdrant-api-key-a1B2c3"
    assert reads(own)
    assert not reads(own.replace("study-dev", "study-prod"))
    assert not reads(own.replace("us-east-1", "us-west-2"))
    assert not reads(own.replace(ACCOUNT, "999999999999"))
    assert not reads(own, "secretsmanager:PutSecretValue")
