"""Patterns of actions that let somebody manage permissions, perhaps without meaning to."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import AccessLevel
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.actions import actions_of
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, has_wildcard, offence
from studyctl.domain.policy.rules.traits import Trait

SHOWN = 3


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield patterns such as "s3:Put*" that hold actions of the level Permissions management."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if statement.is_not_action:
            continue
        for item in statement.actions:
            managing = managing_actions(item.text)
            if managing:
                more = f" and {len(managing) - SHOWN} more" if len(managing) > SHOWN else ""
                yield offence(statement, f'"{item.text}" also manages permissions: {", ".join(managing[:SHOWN])}{more}')


@functools.lru_cache(maxsize=4096)
def managing_actions(pattern: str) -> tuple[str, ...]:
    """Return what manages permissions in a pattern; whole services have a rule of their own."""
    name = pattern.partition(":")[2]
    if not has_wildcard(name) or name.strip("*") == "":
        return ()
    return tuple(sorted(a.text for a in actions_of(pattern.lower()) if AccessLevel.PERMISSIONS in a.levels))


RULE = Rule(
    id="SC106",
    name="wide-permissions-management",
    severity=Severity.HIGH,
    summary="Patterns of actions hold none that manages permissions",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html",
    fix="Write the actions out.",
    judge=judge,
    needs=Trait.GRANTING | Trait.MANAGES,
)
