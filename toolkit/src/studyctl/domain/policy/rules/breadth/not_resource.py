"""Every resource but some."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements with NotResource."""
    for statement in subject.document.allows:
        if statement.is_not_resource:
            listed = ", ".join(item.text for item in statement.resources or ())
            yield offence(statement, f"Allow with NotResource allows every resource there is or will be but {listed}")


RULE = Rule(
    id="SC105",
    name="allow-not-resource",
    severity=Severity.HIGH,
    summary="Allow is never combined with NotResource",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html",
    fix="Name what is allowed with Resource; use NotResource with Deny only.",
    judge=judge,
    needs=Trait.NOT_RESOURCE,
)
