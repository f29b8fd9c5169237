"""Every rule there is, and the page that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from studyctl.domain.policy.plan_rules.registry import PLAN_RULES
from studyctl.domain.policy.rules.registry import IDENTITY_RULES, POLICY_RULES, READING_RULES
from studyctl.domain.policy.rules.rule import Rule
from studyctl.domain.policy.workflow_rules.registry import WORKFLOW_RULES

_GROUPS: tuple[tuple[str, str, Sequence[Rule[Any]]], ...] = (
    ("Policies", "Asked of every document.", POLICY_RULES),
    ("Identities", "Asked of the union of an identity's policies, minus Deny, within its boundary.", IDENTITY_RULES),
    ("Plans", "Asked of a plan as a whole.", PLAN_RULES),
    ("The pipeline", "Asked of the files below .github as a whole.", WORKFLOW_RULES),
    ("The lint itself", "What could not be judged, and waivers.", READING_RULES),
)
ALL_RULES: tuple[Rule[Any], ...] = tuple(
    sorted((rule for _, _, rules in _GROUPS for rule in rules), key=lambda rule: rule.id)
)
"""By id."""


def rules_page() -> str:
    """Return docs/rules.md."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Rules of `studyctl lint`"
    yield ""
    yield "Generated from the rules themselves (`make docs`). What a waiver names is the id."
    for title, words, rules in _GROUPS:
        yield ""
        yield f"## {title}"
        yield ""
        yield words
        yield ""
        yield "| id | name | severity | what holds | how to mend it |"
        yield "|---|---|---|---|---|"
        for rule in sorted(rules, key=lambda one: one.id):
            cells = (_cell(rule.summary), _cell(rule.fix))
            yield f"| [{rule.id}]({rule.source}) | {rule.name} | {rule.severity.label} | {cells[0]} | {cells[1]} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
