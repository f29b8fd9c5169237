"""The table of trust in a pipeline's tokens: policies that let somebody in who has no business in the account, and who.

The repository is example/study; the role deploys prod.
"""

# ruff: noqa: E501 - a table: one case, one line
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.policy_cases import ACCOUNT

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
ON_MAIN = "refs/heads/main"
OTHER_BRANCH = {"aud": AUDIENCE, "sub": WITH_IDS, "ref": "refs/heads/feature"}
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
    Trust("a ref and no subject", claims(aud=AUDIENCE, ref=ON_MAIN), {**STRANGER, "ref": ON_MAIN}),
    Trust("a repository's id and no subject", claims(aud=AUDIENCE, repository_id="2002"), {**PULL_REQUEST, "repository_id": "2002"}),
    Trust("no condition", {}, STRANGER),
    Trust("a bad second statement", claims(aud=AUDIENCE, sub=WITH_IDS), BRANCH, second=both("StringLike", "repo:example@1001/study@2002:*")),
    Trust("an id of one of the two", both("StringEquals", "repo:example@1001/study:environment:prod"), {"aud": AUDIENCE, "sub": "repo:example@1001/study:environment:prod"}),
)  # fmt: skip
