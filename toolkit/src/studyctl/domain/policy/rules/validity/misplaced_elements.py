"""Elements that a policy needs, or may not have, where it is attached."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.grammar import kind_problems
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

ABOUT_ITSELF = frozenset({"ecr", "ecr-public", "elasticfilesystem"})
"""Services whose policies may leave the Resource out, and mostly do: they are about what they stand on."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield what is missing or too much."""
    is_about_itself = subject.kind is PolicyKind.RESOURCE and subject.service in ABOUT_ITSELF
    for problem in kind_problems(subject.document, subject.kind):
        statement = subject.document.statements[problem.statement or 0]
        if is_about_itself and statement.resources is None and statement.principals is not None:
            continue
        yield offence(statement, problem.message)


RULE = Rule(
    id="SC002",
    name="misplaced-elements",
    severity=Severity.HIGH,
    summary="A policy has the elements that its place needs: a Principal on resources, no Resource in a trust policy",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
    fix="Add or remove the element, or attach the policy where it belongs.",
    judge=judge,
    needs=Trait.MISPLACED,
)
