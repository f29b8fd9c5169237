"""Roles that a pipeline assumes with a token: exactly one repository and environment, and the right audience.

GitHub's subjects name the repository, with ids for those created or renamed since 2026-07-15:
`repo:ORG@ID/REPO@ID:environment:prod`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import Condition, PolicyKind, PrincipalKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, is_symbolic, offence
from studyctl.domain.policy.rules.traits import Trait

GITHUB = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
_PROVIDER = re.compile(r"arn:[^:]+:iam::[^:]*:oidc-provider/(.+)\Z")
_SUBJECT = re.compile(
    r"repo:(?P<org>[A-Za-z0-9-]+)(?P<org_id>@[0-9]+)?/(?P<repo>[A-Za-z0-9._-]+)(?P<repo_id>@[0-9]+)?:"
    r"(?:environment:[A-Za-z0-9 ._-]+|ref:refs/(?:heads|tags)/[A-Za-z0-9._/-]+)\Z"
)
_ACTIONS = frozenset({"sts:assumerolewithwebidentity", "sts:tagsession"})


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield every way in which trust in a token is wider than one subject for one audience."""
    if subject.kind is not PolicyKind.TRUST:
        return
    for statement in subject.document.allows:
        for host in _hosts(statement):
            yield from (offence(statement, fault) for fault in _faults(statement, host))


def _hosts(statement: Statement) -> Iterator[str]:
    for principal in statement.principals or ():
        if principal.kind is PrincipalKind.FEDERATED:
            provider = _PROVIDER.match(principal.text)
            if provider:
                yield provider[1]
            elif is_symbolic(principal.text):
                yield _named_in_conditions(statement)


def _named_in_conditions(statement: Statement) -> str:
    """Return the provider whose claims the conditions ask for; the ARN itself may not be known yet."""
    hosts = [condition.key.text.rpartition(":")[0] for condition in statement.conditions]
    return next((host for host in hosts if "." in host), GITHUB)


def _faults(statement: Statement, host: str) -> Iterator[str]:
    extra = [item.text for item in statement.actions if item.text.lower() not in _ACTIONS]
    if extra:
        yield f"{', '.join(extra)} is allowed beside sts:AssumeRoleWithWebIdentity"
    audiences, subjects = _claims(statement, host, "aud"), _claims(statement, host, "sub")
    if not audiences:
        yield f"no condition on {host}:aud"
    if not subjects:
        yield f"no condition on {host}:sub"
    for condition in (*audiences, *subjects):
        if condition.name != "StringEquals" or condition.qualifier or condition.if_exists:
            yield f"{condition.operator.text} on {condition.key.text}; only StringEquals is exact"
    for condition in audiences:
        yield from (
            f'the audience "{text}" is not {AUDIENCE}' for text in condition.texts if _is_wrong_audience(text, host)
        )
    for condition in subjects:
        yield from (
            f'the subject "{text}" {fault}' for text in condition.texts if (fault := _subject_fault(text, host))
        )


def _claims(statement: Statement, host: str, claim: str) -> list[Condition]:
    wanted = f"{host}:{claim}".lower()
    return [condition for condition in statement.conditions if condition.key.text.lower() == wanted]


def _is_wrong_audience(text: str, host: str) -> bool:
    return has_wildcard(text) or (host == GITHUB and text != AUDIENCE)


def _subject_fault(text: str, host: str) -> str:
    if has_wildcard(text):
        return "has a wildcard: it admits more than one subject"
    if is_symbolic(text) or host != GITHUB:
        return ""
    if text.endswith(":pull_request"):
        return "is every pull request"
    found = _SUBJECT.match(text)
    if found is None:
        return "is not repo:ORG/REPO:environment:NAME, nor that form with ids"
    if bool(found["org_id"]) is not bool(found["repo_id"]):
        return "has the id of one of the two only; GitHub writes both or none"
    return ""


RULE = Rule(
    id="SC501",
    name="oidc-trust",
    severity=Severity.CRITICAL,
    summary="Trust in a pipeline's token is exact: StringEquals on aud and sub, one repository, one environment",
    source="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
    fix='StringEquals on aud ("sts.amazonaws.com") and sub ("repo:ORG@ID/REPO@ID:environment:NAME"), nothing wider.',
    judge=judge,
    needs=Trait.ON_ROLE | Trait.FEDERATED_PRINCIPAL,
)
