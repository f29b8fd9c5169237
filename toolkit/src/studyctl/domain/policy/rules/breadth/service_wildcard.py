"""Every action of a service at once."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements with "service:*", today's actions and all that will come."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if statement.is_not_action:
            continue
        for item in statement.actions:
            if is_whole_service(item.text):
                yield offence(statement, f'"{item.text}" allows every action, also those to come')


def is_whole_service(action: str) -> bool:
    """Whether a pattern is every action of its services."""
    name = action.partition(":")[2] or action
    return name.strip("*") == ""


RULE = Rule(
    id="SC102",
    name="service-wildcard",
    severity=Severity.HIGH,
    summary="No policy allows a whole service (IAM.21)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-21",
    fix="Name the actions that are needed.",
    judge=judge,
    needs=Trait.GRANTING | Trait.WHOLE_SERVICE,
)
