"""Finds values of condition keys that fulfil clauses."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

from studyctl.domain.policy.clauses import Clause, Form, text_of
from studyctl.domain.policy.implication import is_single_valued
from studyctl.domain.policy.inclusion import TooComplex
from studyctl.domain.policy.request import Context
from studyctl.domain.policy.sets import NO_TEXTS, Intervals, Texts, ValueSet, missing, resolve

ALWAYS_THERE = frozenset({"aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:principaltype"})
"""Keys that every signed request has; a witness without them would look made up."""
_ORDINARY = {"aws:securetransport": ("true", "false"), "aws:principaltype": ("AssumedRole", "User")}
_PLAIN = "example"


@functools.lru_cache(maxsize=16_384)
def solve(clauses: tuple[Clause, ...], variables: frozenset[str] = frozenset()) -> Context | None:
    """Return a context that fulfils all clauses, with a value for every variable; None where none was found.

    A variable without a colon is no condition key but a reference to something unknown: its value is its own text.
    """
    by_key: dict[str, list[Clause]] = {}
    for clause in clauses:
        by_key.setdefault(clause.key, []).append(clause)
    context: dict[str, tuple[str, ...]] = {}
    for name in sorted(variables):
        if name not in by_key:
            context[name] = (_PLAIN,) if ":" in name else (f"${{{name}}}",)
    for key, its_clauses in sorted(by_key.items(), key=lambda item: _has_variables(item[1])):
        found = _solve_key(key, its_clauses, context)
        if found is None:
            return None
        if found:
            context[key] = found
    return context


def _solve_key(key: str, clauses: list[Clause], context: Context) -> tuple[str, ...] | None:
    """Return the values of one key, () for a key that is missing."""
    for values in _candidates(key, clauses, context):
        filled = {**context, key: values}
        if all(clause.holds(filled.get) for clause in clauses):
            return values
    return None


def _candidates(key: str, clauses: list[Clause], context: Context) -> Iterator[tuple[str, ...]]:
    if key not in ALWAYS_THERE:
        yield ()
    for value in _ORDINARY.get(key, (_PLAIN,)):
        yield (value,)
    known = [_filled(clause.values, context) for clause in clauses]
    named = (p for values in known if isinstance(values, Texts) and not values.is_complement for p in values.patterns)
    for pattern in named:
        if pattern.is_literal:
            yield (pattern.prefix,)
            yield (pattern.prefix.upper(),)
    common = _member(known)
    if common is not None:
        yield (common,)
    if not is_single_valued(key):
        every = [_filled(clause.values, context) for clause in clauses if clause.form is Form.EVERY]
        some = [_filled(clause.values, context) for clause in clauses if clause.form is Form.SOME]
        members = [_member([one, *every]) for one in some]
        if members and all(member is not None for member in members):
            yield tuple(dict.fromkeys(member for member in members if member is not None))
        yield from ((value, other) for value, other in itertools.pairwise(filter(None, members)))
    yield ()


def _filled(values: ValueSet, context: Context) -> ValueSet:
    return resolve(values, context.get) if isinstance(values, Texts) else values


def _member(sets: list[ValueSet]) -> str | None:
    """Return a text in all of the sets."""
    domains = {values.domain for values in sets if isinstance(values, Intervals)}
    empty: ValueSet = Intervals(domains.pop(), ()) if domains else NO_TEXTS
    try:
        found = missing(sets, empty)
    except TooComplex:
        return None
    if found is None:
        return None
    texts = [part for part in found if isinstance(part, str)]
    points = tuple(part for part in found if not isinstance(part, str))
    return "".join(texts) if not points else text_of(empty.domain if isinstance(empty, Intervals) else "", points)


def _has_variables(clauses: list[Clause]) -> bool:
    return any(
        pattern.variables
        for clause in clauses
        if isinstance(clause.values, Texts)
        for pattern in clause.values.patterns
    )
