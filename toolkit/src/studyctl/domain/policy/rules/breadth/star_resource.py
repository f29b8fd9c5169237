"""Every resource, where the action can be given one."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.documents import Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.actions import actions_of
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, condition_keys, offence
from studyctl.domain.policy.rules.traits import Trait

SHOWN = 3
_NARROWING = ("resourcetag/", "requesttag/", "ecs:cluster", "aws:resourceaccount", "cloudwatch:namespace")
"""Parts of condition keys that narrow the resources as an ARN would."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements on * with actions that know resources, and no condition on the resource."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if not any(item.text == "*" for item in statement.resources or ()) or statement.is_not_action:
            continue
        if _is_narrowed(statement):
            continue
        named = sorted({text for item in statement.actions for text in restrictable_actions(item.text.lower())})
        if named:
            more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
            yield offence(statement, f'{", ".join(named[:SHOWN])}{more} on "*", though a resource can be named')


@functools.lru_cache(maxsize=4096)
def restrictable_actions(pattern: str) -> tuple[str, ...]:
    """Return the actions of a pattern in lower case that know resources."""
    return tuple(action.text for action in actions_of(pattern) if action.is_restrictable)


def _is_narrowed(statement: Statement) -> bool:
    return any(part in key for key in condition_keys(statement) for part in _NARROWING)


RULE = Rule(
    id="SC103",
    name="star-resource",
    severity=Severity.MEDIUM,
    summary="Actions that know resources are given one",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix='Name the ARNs; put actions that know no resources into a statement of their own with "*".',
    judge=judge,
    needs=Trait.GRANTING | Trait.STAR_RESOURCE,
)
