"""Everybody but some."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements with NotPrincipal."""
    for statement in subject.document.allows:
        if statement.is_not_principal:
            yield offence(statement, "Allow with NotPrincipal lets in everybody else in the world, signed in or not")


RULE = Rule(
    id="SC406",
    name="allow-not-principal",
    severity=Severity.CRITICAL,
    summary="Allow is never combined with NotPrincipal",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
    fix="Name the principals with Principal.",
    judge=judge,
    needs=Trait.NOT_PRINCIPAL,
)
