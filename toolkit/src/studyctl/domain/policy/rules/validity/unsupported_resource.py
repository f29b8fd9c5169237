"""Actions and resources that can never meet in a request."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import Action
from studyctl.domain.policy.documents import Item, PolicyKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import Glob, Reading, glob, matches
from studyctl.domain.policy.inclusion import missing_word
from studyctl.domain.policy.rules.actions import (
    excluded_patterns,
    granted_actions,
    literal_actions,
    resource_patterns,
)
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, is_symbolic, offence

_WILDCARD = re.compile(r"[*?]")
MAX_EXPANDED = 400
"""Patterns of more actions than this are not judged: some action will work on the resource."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield actions that work on none of the statement's resources, and resources that no action works on."""
    if subject.kind in (PolicyKind.TRUST, PolicyKind.RESOURCE):
        return  # a resource policy names the resource it stands on, with its own spellings of it
    for statement in subject.document.statements:
        if statement.resources is None or statement.is_not_resource or statement.is_not_action:
            continue
        known = [item for item in statement.resources if not is_symbolic(item.text)]
        if len(known) == len(statement.resources):
            yield from _idle_actions(statement, known)
        yield from _idle_resources(statement, known)


def _idle_actions(statement: Statement, resources: list[Item]) -> Iterator[Offence]:
    globs = [_glob(item) for item in resources]
    if any(pattern.is_everything for pattern in globs):
        return
    for _, action in literal_actions(statement):
        if not action.is_restrictable:
            yield offence(statement, f'{action.text} knows no resources: it needs the Resource "*"')
        elif not any(_works_on(action, pattern) for pattern in globs):
            kinds = ", ".join(sorted({use.resource_type for use in action.resources}))
            yield offence(statement, f"{action.text} works on none of the resources; it wants: {kinds}")


def _idle_resources(statement: Statement, resources: list[Item]) -> Iterator[Offence]:
    actions: list[Action] = []
    for item in statement.actions:
        granted = granted_actions(item)
        if len(granted) > MAX_EXPANDED or any(has_wildcard(item.text) and not a.is_restrictable for a in granted):
            return
        actions.extend(granted)
    if not actions:
        return
    for item in resources:
        pattern = _glob(item)
        if not pattern.is_everything and not any(_works_on(action, pattern) for action in actions):
            yield offence(statement, f'no action of the statement works on "{item.text}"')


def _glob(item: Item) -> Glob:
    return glob(item.text, Reading.RESOURCE)


def _works_on(action: Action, pattern: Glob) -> bool:
    without = excluded_patterns(action.service, action.name)
    return any(_meets(pattern, mine, without) for mine in resource_patterns(action.service, action.name))


@functools.lru_cache(maxsize=65_536)
def _meets(pattern: Glob, mine: Glob, without: tuple[Glob, ...]) -> bool:
    """Whether an ARN of both kinds exists, part for part as people mean them: no star reaches over a colon."""
    own, other = pattern.text.split(":", 5), mine.text.split(":", 5)
    if len(own) < len(other) or "${" in pattern.text:
        return missing_word((pattern, mine), without) is not None
    if not all(map(_overlaps, own, other)):
        return False
    return not without or missing_word((pattern, mine), without) is not None


@functools.lru_cache(maxsize=65_536)
def _overlaps(one: str, other: str) -> bool:
    """Whether a text matches two patterns; most pairs differ before their first wildcard."""
    if not has_wildcard(one) or not has_wildcard(other):
        return matches(glob(one), other) or matches(glob(other), one)
    stem, stem_of_other = _WILDCARD.split(one, maxsplit=1)[0], _WILDCARD.split(other, maxsplit=1)[0]
    if not stem.startswith(stem_of_other) and not stem_of_other.startswith(stem):
        return False
    return missing_word((glob(one), glob(other)), ()) is not None


RULE = Rule(
    id="SC007",
    name="unsupported-resource",
    severity=Severity.MEDIUM,
    summary="Every action can meet one of its statement's resources, and every resource one of the actions",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix="Put the action beside resources of its type (s3:ListBucket: the bucket; s3:GetObject: its objects).",
    judge=judge,
)
