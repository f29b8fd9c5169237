"""Roles that tokens of other identity providers may assume."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind, PrincipalKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

AUDIENCES = {
    "cognito-identity.amazonaws.com": "cognito-identity.amazonaws.com:aud",
    "accounts.google.com": "accounts.google.com:aud",
    "graph.facebook.com": "graph.facebook.com:app_id",
    "www.amazon.com": "www.amazon.com:app_id",
}
_SAML = "saml:aud"


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield trust in a provider that does not ask whom the token was made for."""
    if subject.kind is not PolicyKind.TRUST:
        return
    for statement in subject.document.allows:
        for principal in statement.principals or ():
            if principal.kind is not PrincipalKind.FEDERATED:
                continue
            key = _SAML if ":saml-provider/" in principal.text else AUDIENCES.get(principal.text)
            if key and not _asks_for(statement, key):
                yield offence(statement, f"{principal.text} is trusted without a condition on {key}")


def _asks_for(statement: Statement, key: str) -> bool:
    return any(
        condition.key.text.lower() == key and condition.name == "StringEquals" and not condition.if_exists
        for condition in statement.conditions
    )


RULE = Rule(
    id="SC505",
    name="federated-audience",
    severity=Severity.HIGH,
    summary="Trust in an identity provider asks whom its token was made for",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp.html",
    fix="Add StringEquals on the audience of your application.",
    judge=judge,
    needs=Trait.ON_ROLE | Trait.FEDERATED_PRINCIPAL,
)
