"""An action that AWS once had."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield actions, and patterns of nothing else, that are gone, with the date they were last known."""
    for statement in subject.document.statements:
        for item in statement.actions:
            if not is_retired(item.text):
                continue
            if retired := catalogue().retired(item.text):
                yield offence(statement, f'"{item.text}" is retired; it was last known on {retired.last_seen}')
            elif gone := _service(item.text):
                yield offence(statement, f'the service of "{item.text}" is retired; it was last known on {gone}')


@functools.lru_cache(maxsize=4096)
def is_retired(action: str) -> bool:
    """Whether an action, or its service, is gone."""
    return not catalogue().is_known(action) and bool(catalogue().retired(action) or _service(action))


def _service(text: str) -> str:
    prefix, mark, _ = text.partition(":")
    return catalogue().retired_service(prefix) or "" if mark else ""


RULE = Rule(
    id="SC005",
    name="retired-action",
    severity=Severity.LOW,
    summary="No action is one that AWS has retired",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix="Remove it, or write the action that took its place.",
    judge=judge,
    needs=Trait.RETIRED_ACTION,
)
