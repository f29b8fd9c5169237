"""Patterns of actions that let somebody manage permissions, perhaps without meaning to."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.catalogue import AccessLevel
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.actions import granted_actions
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, has_wildcard, offence

SHOWN = 3


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield patterns such as "s3:Put*" that hold actions of the level Permissions management."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if statement.is_not_action:
            continue
        for item in statement.actions:
            name = item.text.partition(":")[2]
            if not has_wildcard(name) or name.strip("*") == "":
                continue  # whole services have a rule of their own
            managing = sorted(a.text for a in granted_actions(item) if AccessLevel.PERMISSIONS in a.levels)
            if managing:
                more = f" and {len(managing) - SHOWN} more" if len(managing) > SHOWN else ""
                yield offence(statement, f'"{item.text}" also manages permissions: {", ".join(managing[:SHOWN])}{more}')


RULE = Rule(
    id="SC106",
    name="wide-permissions-management",
    severity=Severity.HIGH,
    summary="Patterns of actions hold none that manages permissions",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html",
    fix="Write the actions out.",
    judge=judge,
)
