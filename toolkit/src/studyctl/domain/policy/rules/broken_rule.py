"""A rule that could not do its work. It is listed as a rule, so that reports can explain it."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import BROKEN_RULE, Offence, Rule
from studyctl.domain.policy.rules.subjects import Unreadable


def judge(_: Unreadable) -> Iterator[Offence]:
    """Yield nothing: `ask` makes this finding when another rule raises."""
    yield from ()


RULE = Rule(
    id=BROKEN_RULE,
    name="broken-rule",
    severity=Severity.HIGH,
    summary="Every rule comes to an answer; one that raises is a finding, never a pass",
    source="https://docs.python.org/3/library/exceptions.html",
    fix="Report the rule with the policy, or the plan without its secrets.",
    judge=judge,
)
