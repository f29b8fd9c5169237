"""Conditions that no request fulfils."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.clauses import compile_condition
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.implication import is_contradiction
from studyctl.domain.policy.inclusion import TooComplex
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield statements whose conditions contradict one another or compare with what cannot be compared."""
    for statement in subject.document.statements:
        clauses = tuple(compile_condition(one, statement.has_variables) for one in statement.conditions)
        opaque = next((clause for clause in clauses if clause.is_opaque), None)
        if opaque is not None:
            yield offence(statement, f"a condition cannot be judged: {opaque.reason}", is_proven=False)
            continue
        try:
            if clauses and is_contradiction(clauses):
                yield offence(statement, "its conditions contradict one another, so the statement never applies")
        except TooComplex:
            yield offence(statement, "its conditions are too complex to judge", is_proven=False)


RULE = Rule(
    id="SC014",
    name="impossible-condition",
    severity=Severity.MEDIUM,
    summary="Every condition can hold",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html",
    fix="All operators and keys of a statement must hold at once; alternatives are values of one key, or statements.",
    judge=judge,
    needs=Trait.ODD_CONDITION,
)
