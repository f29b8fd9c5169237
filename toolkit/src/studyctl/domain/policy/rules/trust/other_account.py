"""Roles that another account may assume."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import is_narrowed, outsiders
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

_KNOWN = frozenset({"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"})


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield trust in principals of other accounts without an external id or an organisation."""
    if subject.kind is not PolicyKind.TRUST:
        return
    for statement in subject.document.allows:
        if is_narrowed(statement, _KNOWN):
            continue
        for outsider in outsiders(statement, subject.account_id):
            yield offence(statement, f"{outsider} is not of account {subject.account_id} and needs no external id")


RULE = Rule(
    id="SC503",
    name="trusts-other-account",
    severity=Severity.HIGH,
    summary="A role that trusts another account asks for an external id or an organisation",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    fix='Add "StringEquals": {"sts:ExternalId": "..."}; for accounts of the organisation aws:PrincipalOrgID.',
    judge=judge,
    needs=Trait.ON_ROLE | Trait.AWS_PRINCIPAL,
)
