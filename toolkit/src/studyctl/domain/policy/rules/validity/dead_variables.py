"""Policy variables in a version that does not know them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

_VARIABLE = re.compile(r"\$\{[A-Za-z][^{}]*\}")


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield statements with variables in documents that take them literally."""
    for statement in subject.document.statements:
        if statement.has_variables:
            continue
        texts = [item.text for item in statement.resources or ()]
        texts += [value.text for condition in statement.conditions for value in condition.values]
        if any(_VARIABLE.search(text) for text in texts):
            yield offence(statement, f"version {subject.document.version} takes ${{...}} literally")


RULE = Rule(
    id="SC013",
    name="dead-variables",
    severity=Severity.MEDIUM,
    summary="Documents with policy variables say Version 2012-10-17",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",
    fix='Add "Version": "2012-10-17".',
    judge=judge,
    needs=Trait.OLD_VARIABLES,
)
