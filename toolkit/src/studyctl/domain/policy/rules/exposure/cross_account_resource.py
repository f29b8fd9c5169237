"""Resources that another account may use."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import outsiders
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements for principals of other accounts."""
    if subject.kind is not PolicyKind.RESOURCE:
        return
    for statement in subject.document.allows:
        for outsider in outsiders(statement, subject.account_id):
            yield offence(statement, f"{outsider} is not of account {subject.account_id}")


RULE = Rule(
    id="SC402",
    name="cross-account-resource",
    severity=Severity.HIGH,
    summary="No resource policy lets another account in (S3.6)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-6",
    fix="Remove the principal; where another account must come in, waive this with the reason.",
    judge=judge,
    needs=Trait.ON_RESOURCE | Trait.AWS_PRINCIPAL,
)
