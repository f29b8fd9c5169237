"""Roles that everybody of the account may assume whom any policy lets."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind, PrincipalKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import account_of
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield trust in a whole account without any condition."""
    if subject.kind is not PolicyKind.TRUST:
        return
    for statement in subject.document.allows:
        if statement.conditions:
            continue
        for principal in statement.principals or ():
            is_account = principal.text == account_of(principal.text) or principal.text.endswith(":root")
            if principal.kind is PrincipalKind.AWS and is_account:
                yield offence(statement, f"everybody of {principal.text} whom any policy lets may assume this role")


RULE = Rule(
    id="SC504",
    name="trusts-whole-account",
    severity=Severity.MEDIUM,
    summary="Roles trust principals, not a whole account",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts",
    fix="Name the roles that may assume it, or add a condition on aws:PrincipalArn.",
    judge=judge,
    needs=Trait.ON_ROLE | Trait.AWS_PRINCIPAL,
)
