"""Each command of studyctl is granted what it was recorded to call, and no more. `tests/permissions` records it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.contracts import ACCOUNT

from studyctl.adapters.contract_files import (
    read_command_contracts,
    read_contracts_of_each_command,
    read_silent_commands,
)
from studyctl.adapters.recorded_calls import read_calls
from studyctl.cli.reference import help_texts
from studyctl.domain.policy.capabilities.behaviour import Call, replayed
from studyctl.domain.policy.capabilities.commands import CommandContract, command_contract_of, policies_of, whole
from studyctl.domain.policy.capabilities.contracts import BadContract
from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.evaluator import Authoriser, Policies
from studyctl.domain.policy.globs import Reading, glob, matches
from studyctl.domain.policy.grammar import parse_policy, parse_policy_value
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.request import Caller, Request

CALLS = Path(__file__).resolve().parents[3] / "fixtures" / "studyctl-calls" / "commands"
CONTRACTS = read_contracts_of_each_command(REPOSITORY)
RECORDED = [name for name in CONTRACTS if (CALLS / f"{name}.jsonl").exists()]
DEV = {"environment": "dev", "source": "dev", "prefix": "study-dev"}
"""Recordings are of dev and of prod; what was called in prod is held against dev's policies under dev's name. A
promotion was recorded from staging to prod, and is held against prod's, what it includes under prod's name."""
PROMOTED = {"environment": "prod", "source": "staging", "prefix": "study-prod"}
PLACES = {
    "partition": "aws",
    "region": "us-east-1",
    "account": ACCOUNT,
    "project": "study",
    "state_bucket": f"study-state-{ACCOUNT}-us-east-1",
}
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ci/study-dev-apply"
ROLE = Caller.of(ROLE_ARN)
OF_ROLE = {"plan": ("reads",), "apply": ("reads", "changes")}
JOBS = {
    "plan": ("plan", "drift", "outputs", "status"),
    "apply": tuple(name for name in CONTRACTS if name != "bootstrap"),
}
"""Whose jobs run which commands; no job prepares an account."""


def filled_in(text: str, facts: Mapping[str, str]) -> str:
    for place, value in {**PLACES, **facts}.items():
        text = text.replace(f"${{{place}}}", value)
    return text


@cache
def recorded(name: str) -> tuple[Call, ...]:
    calls = read_calls(CALLS / f"{name}.jsonl")[name]
    before, after = ("dev", "prod") if name == "promote" else ("prod", "dev")
    return tuple(replace(call, resource=renamed(call.resource, before, after)) for call in calls)


def facts(name: str) -> Mapping[str, str]:
    return PROMOTED if name == "promote" else DEV


def renamed(resource: str, before: str, after: str) -> str:
    """The same resource of another environment."""
    return resource.replace(f"study-{before}", f"study-{after}").replace(f"/{before}/", f"/{after}/")


def documents(name: str, *, is_recorded_only: bool) -> tuple[Document, ...]:
    found = whole(CONTRACTS[name], CONTRACTS)
    kept = replace(found, grants=tuple(one for one in found.grants if not (is_recorded_only and one.because)))
    return tuple(parse_policy(filled_in(text, facts(name)).encode(), file) for file, text in policies_of(kept).items())


def holder(policies: tuple[Document, ...]) -> Identity:
    return Identity("role", IdentityKind.ROLE, "role", ROLE_ARN, policies)


def test_every_command_has_a_contract_or_a_reason_why_it_needs_none() -> None:
    words = [words for words, _ in help_texts()]
    commands = {" ".join(one) for one in words if one and not any(o != one and o[: len(one)] == one for o in words)}
    about = {entry.partition(" --")[0] for contract in CONTRACTS.values() for entry in contract.commands}
    silent = set(read_silent_commands(REPOSITORY))
    assert about | silent == commands
    assert about & silent == set()


def test_a_contract_without_a_recording_says_so_of_all_that_it_adds() -> None:
    assert {path.stem for path in CALLS.glob("*.jsonl")} <= set(CONTRACTS)
    silent = [contract for name, contract in CONTRACTS.items() if name not in RECORDED]
    assert [one.name for one in silent if not all(grant.because for grant in one.grants)] == []


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_call_is_an_action_that_aws_has(name: str) -> None:
    assert [call for call in recorded(name) if catalogue().action(call.action) is None] == []


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_granted_is_sufficient_and_every_part_of_it_is_needed(name: str) -> None:
    assert replayed(holder(documents(name, is_recorded_only=True)), recorded(name)) == ()


@pytest.mark.parametrize("name", RECORDED)
def test_without_any_one_statement_its_calls_are_refused(name: str) -> None:
    policies = documents(name, is_recorded_only=True)
    for document in policies:
        for statement in document.statements:
            left = replace(document, statements=tuple(one for one in document.statements if one is not statement))
            authoriser = Authoriser(Policies(tuple(left if one is document else one for one in policies)))
            actions = {item.text for item in statement.actions}
            requests = [Request(ROLE, c.action, c.resource, {}) for c in recorded(name) if c.action in actions]
            assert {one.action for one in requests if not authoriser.decide(one).is_allowed} == actions


@pytest.mark.parametrize("name", RECORDED)
def test_one_permission_more_is_named(name: str) -> None:
    more: Any = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "More", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    policies = (*documents(name, is_recorded_only=True), parse_policy_value(more, "more"))
    found = replayed(holder(policies), recorded(name))
    assert ("excess", "s3:*", "More: no call needed it") in {(f.side.value, f.action, f.statement) for f in found}


@pytest.mark.parametrize("name", RECORDED)
def test_what_no_recording_shows_has_a_reason_and_is_in_none(name: str) -> None:
    grants = [
        (action, where, one) for one in CONTRACTS[name].grants for action in one.actions for where in one.resources
    ]
    calls = {(call.action, call.resource) for call in recorded(name)}
    shown = [
        f"{action} on {where}"
        for action, where, one in grants
        if one.because and not one.when and any(action == a and meets(where, name, called) for a, called in calls)
    ]
    assert shown == []


def meets(resource: str, name: str, called: str) -> bool:
    pattern = filled_in(resource.replace("{", "${"), facts(name))
    return matches(glob(pattern, Reading.RESOURCE), called)


@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role, names in JOBS.items() for name in names if name in RECORDED]
)
def test_a_role_of_the_pipeline_may_do_what_its_jobs_run(role: str, name: str) -> None:
    held = {one.name: one for one in read_command_contracts(REPOSITORY)}
    texts = [text for part in OF_ROLE[role] for text in policies_of(held[part]).values()]
    held_by = tuple(parse_policy(filled_in(text, facts(name)).encode(), role) for text in texts)
    authoriser = Authoriser(Policies(held_by))
    context = {
        "iam:permissionsboundary": (f"arn:aws:iam::{ACCOUNT}:policy/boundaries/{facts(name)['prefix']}-workloads",),
        "iam:passedtoservice": ("ecs-tasks.amazonaws.com",),
    }
    requests = [Request(ROLE, call.action, call.resource, context) for call in recorded(name)]
    assert [(one.action, one.resource) for one in requests if not authoriser.decide(one).is_allowed] == []


def test_a_contract_holds_what_it_includes_once() -> None:
    small = contract("small", ["sqs:CreateQueue"], "arn:{partition}:sqs:*:{account}:{prefix}*")
    large = contract("large", ["sqs:CreateQueue", "sqs:DeleteQueue"], "arn:{partition}:sqs:*:{account}:*", "small")
    [text] = policies_of(whole(large, {"small": small})).values()
    [statement] = json.loads(text)["Statement"]
    assert statement["Action"] == ["sqs:CreateQueue", "sqs:DeleteQueue"]
    assert statement["Resource"] == ["arn:${partition}:sqs:*:${account}:*"]


@pytest.mark.parametrize(
    ("include", "says"), [("other", "'other' is no contract of a command"), ("own", "'own' includes this one")]
)
def test_an_include_that_leads_nowhere_or_back_is_told(include: str, says: str) -> None:
    own = contract("own", ["sqs:CreateQueue"], "*", include)
    with pytest.raises(BadContract, match=says):
        whole(own, {"own": own})


def contract(name: str, actions: list[str], resource: str, *includes: str) -> CommandContract:
    grant = {"actions": actions, "resources": [resource]}
    return command_contract_of({"what": "w", "commands": [], "grants": [grant], "includes": list(includes)}, name)
