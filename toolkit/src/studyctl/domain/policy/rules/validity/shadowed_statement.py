"""Statements that change nothing because another says as much."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator

from studyctl.domain.policy.clauses import Clause, compile_condition
from studyctl.domain.policy.documents import Item, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import Glob, Reading, action_glob, glob, matches_any
from studyctl.domain.policy.implication import implies
from studyctl.domain.policy.inclusion import TooComplex, is_covered
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, offence
from studyctl.domain.policy.rules.traits import Trait

MAX_STATEMENTS = 200
"""Of a document; more are compared only with equal ones, which takes linear time."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield statements that are repeated, or contained in another of the same effect."""
    statements = subject.document.statements
    if len(statements) == 1:
        return
    first: dict[object, Statement] = {}
    kept: list[Statement] = []
    alike = Counter((statement.is_allow, _names(statement.actions)) for statement in statements)
    for statement in statements:
        identity = _identity(statement) if alike[statement.is_allow, _names(statement.actions)] > 1 else statement.index
        if identity in first:
            yield offence(statement, f"says the same as {first[identity].label}")
        else:
            first[identity] = statement
            kept.append(statement)
    if len(kept) > MAX_STATEMENTS:
        return
    shadowed: set[int] = set()
    wide = [(outer, _names(outer.actions), _has_pattern(outer)) for outer in kept]
    for inner in kept:
        wanted = _names(inner.actions)
        for outer, names, has_pattern in wide:
            if not (has_pattern or wanted <= names) or outer is inner or outer.index in shadowed:
                continue
            if _is_within(inner, outer):
                shadowed.add(inner.index)
                yield offence(inner, f"changes nothing: {outer.label} says all of it")
                break


def _has_pattern(statement: Statement) -> bool:
    return any(has_wildcard(item.text) for item in statement.actions)


def _identity(s: Statement) -> object:
    folded = frozenset(item.text.lower() for item in s.actions)
    conditions = frozenset(
        (c.name, c.qualifier, c.if_exists, c.key.text.lower(), frozenset(c.texts)) for c in s.conditions
    )
    resources = None if s.resources is None else frozenset(s.resources)
    principals = None if s.principals is None else frozenset((p.kind, p.text) for p in s.principals)
    return s.effect, folded, resources, principals, conditions, s.is_not_action, s.is_not_resource, s.is_not_principal


def _is_within(inner: Statement, outer: Statement) -> bool:
    negated = (inner.is_not_action, inner.is_not_resource, inner.is_not_principal)
    if inner.effect is not outer.effect or any(negated):
        return False
    if outer.is_not_action or outer.is_not_resource or outer.is_not_principal:
        return False
    if not _same_principals(inner, outer):
        return False
    try:
        return (
            _covers_actions(inner, outer)
            and _covers_resources(inner, outer)
            and all(implies(_clauses(inner), clause) for clause in _clauses(outer))
        )
    except TooComplex:
        return False


def _same_principals(inner: Statement, outer: Statement) -> bool:
    if inner.principals is None or outer.principals is None:
        return inner.principals is outer.principals
    return set(inner.principals) <= set(outer.principals)


def _covers_actions(inner: Statement, outer: Statement) -> bool:
    """Whether every action is among the other's. A pattern's own text matches it, so that is asked first."""
    wanted, there = _names(inner.actions), _names(outer.actions)
    if wanted <= there:
        return True
    outers = [action_glob(item.text) for item in outer.actions]
    return all(matches_any(outers, item.text.lower()) for item in inner.actions) and all(
        is_covered((action_glob(item.text),), outers) for item in inner.actions
    )


def _covers_resources(inner: Statement, outer: Statement) -> bool:
    """Whether every resource is among the other's. A pattern's own text matches it, so that is asked first."""
    if inner.resources is None or outer.resources is None:
        return inner.resources is outer.resources
    outers = [_glob(item.text, outer) for item in outer.resources]
    plain = (item.text for item in inner.resources if "${" not in item.text)
    return all(matches_any(outers, text) for text in plain) and all(
        is_covered((_glob(item.text, inner),), outers) for item in inner.resources
    )


def _glob(text: str, statement: Statement) -> Glob:
    return glob(text, Reading.RESOURCE, statement.has_variables)


def _names(actions: tuple[Item, ...]) -> frozenset[str]:
    return _folded(tuple([item.text for item in actions]))


@functools.lru_cache(maxsize=4096)
def _folded(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.lower() for text in texts)


def _clauses(statement: Statement) -> list[Clause]:
    return [compile_condition(condition, statement.has_variables) for condition in statement.conditions]


RULE = Rule(
    id="SC010",
    name="shadowed-statement",
    severity=Severity.LOW,
    summary="Every statement changes something",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    fix="Remove the statement. If it was meant to restrict another, it does not: statements of one effect only add up.",
    judge=judge,
    needs=Trait.OVERLAP,
)
