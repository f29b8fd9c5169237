"""Writing to every resource of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import AccessLevel, Action
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import Reading, glob
from studyctl.domain.policy.inclusion import is_covered
from studyctl.domain.policy.rules.actions import granted_actions
from studyctl.domain.policy.rules.escalation.power import stranger
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, has_wildcard, is_symbolic, offence

_CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.PERMISSIONS})
SHOWN = 3
_WILDCARD = re.compile(r"[*?]+")


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements whose resource pattern is every resource that a writing action knows."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if statement.is_not_action or statement.is_not_resource or statement.conditions:
            continue
        for item in statement.resources or ():
            if item.text == "*" or not has_wildcard(item.text) or is_symbolic(item.text):
                continue  # a bare star has a rule of its own
            changing = {a.text: a for i in statement.actions for a in granted_actions(i) if a.levels & _CHANGING}
            wide = sorted(text for text, action in changing.items() if _is_every(item.text, action))
            if wide:
                more = f" and {len(wide) - SHOWN} more" if len(wide) > SHOWN else ""
                yield offence(
                    statement, f'"{item.text}" is every resource that {", ".join(wide[:SHOWN])}{more} can change'
                )


def _is_every(resource: str, action: Action) -> bool:
    pattern = glob(resource, Reading.ARN)
    return any(
        is_covered((glob(_in_one_place(arn, resource), Reading.ARN, False),), (pattern,))
        for arn in stranger(action.text)
        if arn != "*"
    )


def _in_one_place(arn: str, resource: str) -> str:
    """Take partition, region and account of a pattern: one for a single account is wide within it."""
    parts, own = arn.split(":", 5), resource.split(":", 5)
    head = (mine if part == "*?" else part for part, mine in zip(parts[:5], own, strict=False))
    return ":".join((*(_WILDCARD.sub("x", part) for part in head), parts[5]))


RULE = Rule(
    id="SC107",
    name="wide-write",
    severity=Severity.MEDIUM,
    summary="Writing is allowed to named resources, not to every one of a kind",
    source="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html",
    fix="Name the resources, or a prefix that only they have.",
    judge=judge,
)
