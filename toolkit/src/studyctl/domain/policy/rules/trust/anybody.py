"""Roles that anybody may assume."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import WHO, is_narrowed, names_anybody
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield trust in everybody. An external id is no secret, so it narrows nothing."""
    if subject.kind is not PolicyKind.TRUST:
        return
    for statement in subject.document.allows:
        if names_anybody(statement) and not is_narrowed(statement, WHO):
            yield offence(statement, "anybody with an AWS account may assume this role")


RULE = Rule(
    id="SC502",
    name="trusts-anybody",
    severity=Severity.CRITICAL,
    summary="No role trusts everybody",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous",
    fix="Name who may assume the role, or add a condition on aws:PrincipalOrgID.",
    judge=judge,
    needs=Trait.ON_ROLE | Trait.ANYBODY,
)
