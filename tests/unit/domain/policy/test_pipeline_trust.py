"""What must be refused of the table of trust: by rule, and by what AWS would decide; and what passes.

The rule must find fault with each bad policy, and a token that has no business in the account must in fact get in by
it, or the row would prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.policy_cases import document
from tests.support.trust_table import (
    AUDIENCE,
    ISSUER,
    OLDER,
    ON_MAIN,
    OTHER_BRANCH,
    PROVIDER,
    REFUSED,
    ROLE,
    WITH_IDS,
    Trust,
    claims,
)

from studyctl.domain.policy.documents import Document, PolicyKind
from studyctl.domain.policy.evaluator import Policies, evaluate
from studyctl.domain.policy.request import Caller, Request
from studyctl.domain.policy.rules.subjects import PolicySubject
from studyctl.domain.policy.rules.trust import oidc


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


def test_with_a_ref_no_other_branch_gets_in_whatever_its_environment_says() -> None:
    policy, of_main = trust(claims(aud=AUDIENCE, sub=WITH_IDS, ref=ON_MAIN)), {"aud": AUDIENCE, "sub": WITH_IDS}
    assert faults(policy) == []
    assert gets_in(policy, {**of_main, "ref": ON_MAIN})
    assert not gets_in(policy, OTHER_BRANCH)
    assert not gets_in(policy, of_main), "a token without the claim"
