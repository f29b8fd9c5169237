"""Whether conditions imply a condition, and what a request would look like that shows the contrary.

Exact for keys that hold one value; for keys that may hold several, what is implied is implied, and the rest may be.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.clauses import Clause, Form, never
from studyctl.domain.policy.inclusion import TooComplex
from studyctl.domain.policy.sets import Intervals, ValueSet, is_within

Clauses = Sequence[Clause]


def implies(lefts: Clauses, right: Clause) -> bool:
    """Whether every request that fulfils all of `lefts` fulfils `right`. False also means: cannot be told."""
    same = [left for left in lefts if left.key == right.key]
    if right in same:
        return True
    clear = [left for left in same if not left.is_opaque]
    if all(left.holds_when_missing for left in same) and not right.holds_when_missing:
        return False
    return not right.is_opaque and _implies_when_there(clear, right)


@functools.lru_cache(maxsize=16_384)
def is_contradiction(lefts: tuple[Clause, ...]) -> bool:
    """Whether no request fulfils them all. False also means: cannot be told."""
    if len({left.key for left in lefts}) == len(lefts) and all(map(_has_some_value, lefts)):
        return False
    return any(implies(lefts, never(left.key, left.values)) for left in lefts)


def _has_some_value(clause: Clause) -> bool:
    """Whether a value fulfils a clause, seen at once: it lists texts, or a part of a line."""
    values = clause.values
    listed = values.cuts if isinstance(values, Intervals) else () if values.is_complement else values.patterns
    return clause.form is Form.SOME and bool(listed)


def _implies_when_there(lefts: Clauses, right: Clause) -> bool:
    every = [left.values for left in lefts if left.form is Form.EVERY]
    some = [left.values for left in lefts if left.form is Form.SOME]
    if right.form is Form.EVERY and _is_inside(every, right.values):
        return True
    if right.form is Form.SOME and any(_is_inside([one, *every], right.values) for one in some):
        return True
    is_single = not right.is_qualified and not any(left.is_qualified for left in lefts) and is_single_valued(right.key)
    return is_single and _is_inside([*some, *every], right.values)


def _is_inside(lefts: Sequence[ValueSet], target: ValueSet) -> bool:
    try:
        return is_within(lefts, target)
    except TooComplex:
        return False


@functools.lru_cache(maxsize=4096)
def is_single_valued(key: str) -> bool:
    """Whether a key is known to hold one value at most."""
    known = catalogue().condition_key(key)
    return known is not None and not known.is_multivalued
