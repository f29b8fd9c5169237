"""An action that its service does not have: mistyped, invented, or matching nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield actions and patterns that no action of today answers to; retired ones are left to their own rule.

    What AWS's own policies name although its reference does not list it exists, and is no offence.
    """
    for statement in subject.document.statements:
        for item in statement.actions:
            if not is_unknown_action(item.text):
                continue
            if has_wildcard(item.text):
                yield offence(statement, f'no action matches "{item.text}"')
            else:
                close = _suggestion(item.text)
                meant = f'; is it "{close}"?' if close else ""
                yield offence(statement, f'there is no action "{item.text}"{meant}')


@functools.lru_cache(maxsize=4096)
def _suggestion(action: str) -> str | None:
    return catalogue().suggest(action)


@functools.lru_cache(maxsize=4096)
def is_unknown_action(action: str) -> bool:
    """Whether an action of a known service is not there and never was, or a pattern matches none."""
    prefix, mark, _ = action.partition(":")
    if not mark or (not has_wildcard(prefix) and not catalogue().service(prefix)):
        return False
    return not (catalogue().is_known(action) or catalogue().retired(action) or catalogue().is_undocumented(action))


RULE = Rule(
    id="SC004",
    name="unknown-action",
    severity=Severity.MEDIUM,
    summary="Every action exists; a mistyped one grants or denies nothing",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix="Write the action as the Service Authorization Reference does, or remove it.",
    judge=judge,
    needs=Trait.UNKNOWN_ACTION,
)
