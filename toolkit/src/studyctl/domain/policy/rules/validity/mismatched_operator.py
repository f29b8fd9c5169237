"""Operators that cannot compare what a key holds, or that hold when nothing is there."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.catalogue import KeyType, catalogue
from studyctl.domain.policy.documents import Condition, Qualifier, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

_TEXTS = {KeyType.STRING, KeyType.ARN}
_FITTING = {
    Comparison.EQUALS: _TEXTS | {KeyType.BOOLEAN},
    Comparison.EQUALS_IGNORE_CASE: _TEXTS | {KeyType.BOOLEAN},
    Comparison.LIKE: _TEXTS,
    Comparison.ARN: {KeyType.ARN, KeyType.STRING},
    Comparison.BOOLEAN: {KeyType.BOOLEAN, KeyType.STRING},
    Comparison.BINARY: {KeyType.BINARY, KeyType.STRING},
    Comparison.ADDRESS: {KeyType.ADDRESS},
    Comparison.NUMBER_EQUALS: {KeyType.NUMERIC, KeyType.DATE, KeyType.STRING},
}


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield operators of the wrong type, and set operators that are missing or prove nothing."""
    for statement in subject.document.statements:
        for condition in statement.conditions:
            known = catalogue().condition_key(condition.key.text)
            if known is None:
                continue
            operator = OPERATORS[condition.name]
            fitting = fitting_types(operator.comparison)
            if fitting is not None and known.type not in fitting:
                yield offence(
                    statement, f"{condition.operator.text} cannot compare {known.name}, which is {known.type.value}"
                )
            if known.is_multivalued and condition.qualifier is None and operator.comparison is not Comparison.NULL:
                yield offence(
                    statement, f"{known.name} holds several values: it needs ForAnyValue or ForAllValues before it"
                )
            yield from _empty_sets(statement, condition, known.is_multivalued)


def fitting_types(comparison: Comparison) -> set[KeyType] | None:
    """Return what a key may hold for a comparison; None where that does not matter."""
    if comparison is Comparison.NULL:
        return None
    if comparison.name.startswith(("NUMBER", "DATE")):
        return {KeyType.NUMERIC, KeyType.DATE, KeyType.STRING}
    return set(_FITTING[comparison])


def _empty_sets(statement: Statement, condition: Condition, is_multivalued: bool) -> Iterator[Offence]:
    if condition.qualifier is not Qualifier.FOR_ALL_VALUES or not statement.is_allow:
        return
    key = condition.key.text.lower()
    others = [c for c in statement.conditions if c is not condition and c.key.text.lower() == key]
    asks_for_presence = any(
        (c.name == "Null" and "false" in {text.lower() for text in c.texts})
        or (c.qualifier is not Qualifier.FOR_ALL_VALUES and not c.if_exists and not OPERATORS[c.name].is_negated)
        for c in others
    )
    if not asks_for_presence:
        single = "" if is_multivalued else ", and the key holds one value"
        yield offence(
            statement, f"{condition.operator.text} on {condition.key.text} also holds when the key is missing{single}"
        )


RULE = Rule(
    id="SC009",
    name="mismatched-operator",
    severity=Severity.MEDIUM,
    summary="Operators fit what their keys hold, and an Allow with ForAllValues asks that the key is there",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    fix='Use the operator of the key\'s type; beside ForAllValues in an Allow write "Null": {"KEY": "false"}.',
    judge=judge,
    needs=Trait.ODD_OPERATOR,
)
