"""Resources that anybody may use."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import (
    ON_WHOSE_BEHALF,
    WHENCE,
    WHO,
    is_narrowed,
    names_anybody,
)
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements for everybody with no condition that leaves strangers out."""
    if subject.kind is not PolicyKind.RESOURCE:
        return
    for statement in subject.document.allows:
        if names_anybody(statement) and not is_narrowed(statement, WHO, WHENCE, ON_WHOSE_BEHALF):
            actions = ", ".join(item.text for item in statement.actions)
            yield offence(statement, f"anybody in the world may use {actions}")


RULE = Rule(
    id="SC401",
    name="public-resource",
    severity=Severity.CRITICAL,
    summary="No resource policy lets everybody in",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
    fix="Name the principals, or add a condition on aws:PrincipalOrgID, aws:PrincipalAccount or aws:SourceArn.",
    judge=judge,
    needs=Trait.ON_RESOURCE | Trait.ANYBODY,
)
