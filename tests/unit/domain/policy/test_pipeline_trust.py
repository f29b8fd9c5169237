"""The table of trust in a pipeline's tokens: what must be refused, by rule and by what AWS would decide; what passes.

Every row is a trust policy. The rule must find fault with each bad one, and a token that has no business in the account
must in fact get in by it, or the row would prove nothing.
"""

# ruff: noqa: E501 - a table: one case, one line
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.policy_cases import ACCOUNT, document

from studyctl.domain.policy.documents import Document, PolicyKind
from studyctl.domain.policy.evaluator import Policies, evaluate
from studyctl.domain.policy.request import Caller, Request
from studyctl.domain.policy.rules.subjects import PolicySubject
from studyctl.domain.policy.rules.trust import oidc

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/study-prod-apply"
WITH_IDS = "repo:example@1001/study@2002:environment:prod"
OLDER = "repo:example/study:environment:prod"
AUDIENCE = "sts.amazonaws.com"
STRANGER = {"aud": AUDIENCE, "sub": "repo:stranger@9/study@8:environment:prod"}
BRANCH = {"aud": AUDIENCE, "sub": "repo:example@1001/study@2002:ref:refs/heads/feature"}
PULL_REQUEST = {"aud": AUDIENCE, "sub": "repo:example@1001/study@2002:pull_request"}
OTHER_ENVIRONMENT = {"aud": AUDIENCE, "sub": "repo:example@1001/study@2002:environment:prod-plan"}
OTHER_REPOSITORY = {"aud": AUDIENCE, "sub": "repo:example@1001/other@7:environment:prod"}
OTHER_AUDIENCE = {"aud": "https://github.com/example", "sub": WITH_IDS}


@dataclass(frozen=True)
class Trust:
    """A row: conditions, the token that gets in by them and should not, further statements."""

    name: str
    conditions: Mapping[str, Mapping[str, Any]]
    intruder: Mapping[str, str]
    second: Mapping[str, Mapping[str, Any]] | None = None

    def __str__(self) -> str:
        return self.name


def claims(operator: str = "StringEquals", **values: Any) -> dict[str, dict[str, Any]]:
    return {operator: {f"{ISSUER}:{name}": value for name, value in values.items()}}


def both(operator: str, sub: Any) -> dict[str, dict[str, Any]]:
    """A right audience, and a subject by some operator."""
    if operator == "StringEquals":
        return claims(aud=AUDIENCE, sub=sub)
    return {**claims(aud=AUDIENCE), **claims(operator, sub=sub)}


REFUSED = (
    Trust("any organisation", both("StringLike", "repo:*/study@2002:environment:prod"), {**STRANGER, "sub": "repo:stranger@9/study@2002:environment:prod"}),
    Trust("any repository", both("StringLike", "repo:example@1001/*:environment:prod"), OTHER_REPOSITORY),
    Trust("an organisation whose name begins so", both("StringLike", "repo:example*/study@2002:environment:prod"), {**STRANGER, "sub": "repo:example-evil@9/study@2002:environment:prod"}),
    Trust("any id", both("StringLike", "repo:example@*/study@*:environment:prod"), {**STRANGER, "sub": "repo:example@9/study@8:environment:prod"}),
    Trust("any ref", both("StringLike", "repo:example@1001/study@2002:ref:refs/heads/*"), BRANCH),
    Trust("any environment", both("StringLike", "repo:example@1001/study@2002:environment:*"), OTHER_ENVIRONMENT),
    Trust("environments that begin so", both("StringLike", "repo:example@1001/study@2002:environment:prod*"), OTHER_ENVIRONMENT),
    Trust("anything of the repository", both("StringLike", "repo:example@1001/study@2002:*"), PULL_REQUEST),
    Trust("a subject of *", both("StringLike", "*"), STRANGER),
    Trust("* as a second value", both("StringLike", [WITH_IDS, "*"]), STRANGER),
    Trust("pull requests", both("StringEquals", "repo:example@1001/study@2002:pull_request"), PULL_REQUEST),
    Trust("pull requests beside the right one", both("StringEquals", [WITH_IDS, "repo:example@1001/study@2002:pull_request"]), PULL_REQUEST),
    Trust("a workflow's name", both("StringEquals", "workflow:deploy"), {"aud": AUDIENCE, "sub": "workflow:deploy"}),
    Trust("ForAllValues, true of no claim at all", both("ForAllValues:StringEquals", WITH_IDS), {"aud": AUDIENCE}),
    Trust("IfExists, true of no claim at all", both("StringEqualsIfExists", WITH_IDS), {"aud": AUDIENCE}),
    Trust("NotEquals", both("StringNotEquals", "repo:example@1001/other@7:environment:prod"), STRANGER),
    Trust("NotLike", both("StringNotLike", "repo:example@1001/other*"), STRANGER),
    Trust("letters of any case", both("StringEqualsIgnoreCase", WITH_IDS), {"aud": AUDIENCE, "sub": WITH_IDS.upper()}),
    Trust("no audience", claims(sub=WITH_IDS), OTHER_AUDIENCE),
    Trust("another audience", claims(aud="https://github.com/example", sub=WITH_IDS), OTHER_AUDIENCE),
    Trust("any audience", {**claims("StringLike", aud="*"), **claims(sub=WITH_IDS)}, OTHER_AUDIENCE),
    Trust("no subject", claims(aud=AUDIENCE), STRANGER),
    Trust("no condition", {}, STRANGER),
    Trust("a bad second statement", claims(aud=AUDIENCE, sub=WITH_IDS), BRANCH, second=both("StringLike", "repo:example@1001/study@2002:*")),
    Trust("an id of one of the two", both("StringEquals", "repo:example@1001/study:environment:prod"), {"aud": AUDIENCE, "sub": "repo:example@1001/study:environment:prod"}),
)  # fmt: skip


def trust(conditions: Mapping[str, Any], second: Mapping[str, Any] | None = None) -> Document:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": PROVIDER},
        "Condition": dict(conditions),
    }
    further = [] if second is None else [{**statement, "Condition": dict(second)}]
    return document([statement, *further])


def faults(policy: Document) -> list[str]:
    return [offence.message for offence in oidc.judge(PolicySubject(policy, PolicyKind.TRUST))]


def gets_in(policy: Document, token: Mapping[str, str]) -> bool:
    context = {f"{ISSUER}:{name}": (value,) for name, value in token.items()}
    request = Request(Caller.of(PROVIDER), "sts:AssumeRoleWithWebIdentity", ROLE, context)
    return evaluate(Policies(resource=(policy,)), request).is_allowed


@pytest.mark.parametrize("row", REFUSED, ids=str)
def test_what_must_be_refused_is(row: Trust) -> None:
    assert faults(trust(row.conditions, row.second))


@pytest.mark.parametrize("row", REFUSED, ids=str)
def test_by_what_is_refused_an_intruder_would_get_in(row: Trust) -> None:
    assert gets_in(trust(row.conditions, row.second), row.intruder)


@pytest.mark.parametrize("subject", [WITH_IDS, OLDER])
def test_both_right_forms_pass_and_let_in_nobody_else(subject: str) -> None:
    policy = trust(claims(aud=AUDIENCE, sub=subject))
    assert faults(policy) == []
    assert gets_in(policy, {"aud": AUDIENCE, "sub": subject})
    intruders = [row.intruder for row in REFUSED]
    assert [token for token in intruders if gets_in(policy, token)] == []
