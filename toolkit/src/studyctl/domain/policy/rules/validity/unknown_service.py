"""A service prefix that AWS does not have."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield prefixes that are neither known nor were ever."""
    for statement in subject.document.statements:
        for item in statement.actions:
            if not is_unknown_service(item.text):
                continue
            prefix = item.text.partition(":")[0]
            close = catalogue().suggest(item.text)
            meant = f'; is it "{close}"?' if close else f", as of {max(catalogue().dates.values())}"
            yield offence(statement, f'AWS has no service "{prefix}"{meant}')


@functools.lru_cache(maxsize=4096)
def is_unknown_service(action: str) -> bool:
    """Whether an action, or a pattern, is of a service that is not there and never was."""
    prefix, mark, _ = action.partition(":")
    if not mark or has_wildcard(prefix) or catalogue().service(prefix):
        return False
    return not (catalogue().retired_service(prefix) or catalogue().is_undocumented(action))


RULE = Rule(
    id="SC003",
    name="unknown-service",
    severity=Severity.HIGH,
    summary="Every service prefix exists",
    source="https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    fix="Correct the prefix. A service that is newer than the data: refresh the action catalogue.",
    judge=judge,
    needs=Trait.UNKNOWN_SERVICE,
)
