"""Actions and resources that can never meet in a request."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import Action
from studyctl.domain.policy.documents import Item, PolicyKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.actions import Meetings, actions_of, literal_actions
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, is_symbolic, offence
from studyctl.domain.policy.rules.traits import Trait

MAX_EXPANDED = 400
"""Patterns of more actions than this are not judged: some action will work on the resource."""

UNDOCUMENTED = frozenset({"logs:DescribeLogGroups"})
"""Actions that AWS decides on an ARN although its reference lists none: here log-group::log-stream:*."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield actions that work on none of the statement's resources, and resources that no action works on."""
    if subject.kind in (PolicyKind.TRUST, PolicyKind.RESOURCE):
        return  # a resource policy names the resource it stands on, with its own spellings of it
    for statement in subject.document.statements:
        if statement.resources is None or statement.is_not_resource or statement.is_not_action:
            continue
        known = [item for item in statement.resources if not is_symbolic(item.text)]
        meetings = [(item, Meetings(item.text)) for item in known if item.text.strip("*")]
        if len(known) == len(meetings) == len(statement.resources):
            yield from _idle_actions(statement, [one for _, one in meetings])
        if meetings:
            yield from _idle_resources(statement, meetings)


def _idle_actions(statement: Statement, resources: list[Meetings]) -> Iterator[Offence]:
    for _, action in literal_actions(statement):
        if action.text in UNDOCUMENTED:
            continue
        if not action.is_restrictable:
            yield offence(statement, f'{action.text} knows no resources: it needs the Resource "*"')
        elif not any(one.with_action(action) for one in resources):
            kinds = ", ".join(sorted({use.resource_type for use in action.resources}))
            yield offence(statement, f"{action.text} works on none of the resources; it wants: {kinds}")


def _idle_resources(statement: Statement, resources: list[tuple[Item, Meetings]]) -> Iterator[Offence]:
    actions: list[Action] = []
    for item in statement.actions:
        granted = bound_actions(item.text.lower())
        if granted is None:
            return
        actions.extend(granted)
    if not actions:
        return
    for item, meetings in resources:
        if not any(map(meetings.with_action, actions)):
            yield offence(statement, f'no action of the statement works on "{item.text}"')


@functools.lru_cache(maxsize=16_384)
def bound_actions(pattern: str) -> tuple[Action, ...] | None:
    """Return the actions that a pattern matches; None where they are too many, or one of them knows no resources."""
    granted = actions_of(pattern)
    is_pattern = has_wildcard(pattern)
    if len(granted) > MAX_EXPANDED or any(
        action.text in UNDOCUMENTED or (is_pattern and not action.is_restrictable) for action in granted
    ):
        return None
    return granted


RULE = Rule(
    id="SC007",
    name="unsupported-resource",
    severity=Severity.MEDIUM,
    summary="Every action can meet one of its statement's resources, and every resource one of the actions",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix="Put the action beside resources of its type (s3:ListBucket: the bucket; s3:GetObject: its objects).",
    judge=judge,
    needs=Trait.UNSUPPORTED,
)
