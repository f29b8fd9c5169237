"""Everything but some actions."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements with NotAction."""
    for statement in subject.document.allows:
        if statement.is_not_action:
            listed = ", ".join(item.text for item in statement.actions)
            yield offence(statement, f"Allow with NotAction allows every service and every action but {listed}")


RULE = Rule(
    id="SC104",
    name="allow-not-action",
    severity=Severity.HIGH,
    summary="Allow is never combined with NotAction",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
    fix="Name what is allowed with Action; use NotAction with Deny only.",
    judge=judge,
    needs=Trait.NOT_ACTION,
)
