"""Sets of values that conditions and elements describe: texts by patterns, and points on a line by intervals.

Both are closed under complement; `missing` asks whether an intersection lies inside another set and names a member
that does not.
"""

from __future__ import annotations

import functools
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from studyctl.domain.policy.globs import EVERYTHING, Glob, folded, matches, resolved
from studyctl.domain.policy.inclusion import EFFORT, MAX_STEPS, TooComplex, Word, missing_word

Lookup = Callable[[str], tuple[str, ...] | None]
"""The values of a condition key (in lower case) in a request, None where it is missing."""
MAX_COMBINATIONS = 4_096
Point = tuple[Fraction, ...]
"""A number or a time is one Fraction, an address its version and its number."""
Cut = tuple[int, Point, int]
"""Between points: before (0) or after (1) one; the first item is -1 and 1 for before and after all of them."""
FIRST: Cut = (-1, (), 0)
LAST: Cut = (1, (), 0)


@dataclass(frozen=True)
class Texts:
    """Texts that match one of the patterns, or with `is_complement` none. `ignores_case`: patterns are lower case."""

    patterns: tuple[Glob, ...]
    is_complement: bool = False
    ignores_case: bool = False

    def __hash__(self) -> int:
        """Return the same for equal ones; sets of hundreds of patterns are asked for it again and again."""
        return self._hash

    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.patterns, self.is_complement, self.ignores_case))

    @functools.cached_property
    def has_variables(self) -> bool:
        """Whether a pattern stands for different texts in different requests."""
        return any(pattern.variables for pattern in self.patterns)

    @functools.cached_property
    def only(self) -> str | None:
        """Return the one text that it has, None where it has others, or another in each request."""
        if self.is_complement or self.ignores_case or len(self.patterns) != 1 or not self.patterns[0].is_literal:
            return None
        return self.patterns[0].prefix

    @functools.cached_property
    def _literals(self) -> frozenset[str]:
        return frozenset(pattern.prefix for pattern in self.patterns if pattern.is_literal)

    @functools.cached_property
    def _open_patterns(self) -> tuple[Glob, ...]:
        return tuple(pattern for pattern in self.patterns if not pattern.is_literal)

    def complement(self) -> Texts:
        """Return all other texts."""
        return self._complement

    @functools.cached_property
    def _complement(self) -> Texts:
        return Texts(self.patterns, not self.is_complement, self.ignores_case)

    def has(self, text: str) -> bool:
        """Whether a text belongs to it. Variables must have been resolved."""
        if self.ignores_case:
            text = text.lower()
        is_listed = text in self._literals or any(matches(pattern, text) for pattern in self._open_patterns)
        return is_listed is not self.is_complement

    @property
    def is_everything(self) -> bool:
        """Whether every text is in it, as far as can be seen at once."""
        if self.is_complement:
            return not self.patterns
        return any(pattern.is_everything for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Points between cuts: inside after an odd number of cuts. `domain` keeps numbers, times and addresses apart.

    `has_strangers`: texts that are no point of the domain belong to it, as they do to a complement.
    """

    domain: str
    cuts: tuple[Cut, ...]
    has_strangers: bool = False

    def complement(self) -> Intervals:
        """Return all other points."""
        cuts = self.cuts[1:] if self.cuts[:1] == (FIRST,) else (FIRST, *self.cuts)
        cuts = cuts[:-1] if cuts[-1:] == (LAST,) else (*cuts, LAST)
        return Intervals(self.domain, cuts, not self.has_strangers)

    def has(self, point: Point) -> bool:
        """Whether a point belongs to it."""
        return bisect_right(self.cuts, (0, point, 0)) % 2 == 1


ValueSet = Texts | Intervals
ALL_TEXTS = Texts((EVERYTHING,))
NO_TEXTS = Texts(())


def resolve(values: Texts, lookup: Lookup) -> Texts:
    """Return texts with the variables of a request filled in; a pattern whose variable has no value matches nothing."""
    if not values.has_variables:
        return values
    known = (resolved(pattern, lambda name: _single(lookup, name)) for pattern in values.patterns)
    return replace(values, patterns=tuple(pattern for pattern in known if pattern is not None))


def _single(lookup: Lookup, name: str) -> str | None:
    """Return the value of a key that has one; a variable takes no other."""
    values = lookup(name.lower())
    return values[0] if values and len(values) == 1 else None


def union_of_intervals(domain: str, pairs: Iterable[tuple[Cut, Cut]]) -> Intervals:
    """Return the points in any of the intervals."""
    merged: list[tuple[Cut, Cut]] = []
    for low, high in sorted(pairs):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return Intervals(domain, tuple(itertools.chain.from_iterable(merged)))


def missing(lefts: Sequence[ValueSet], target: ValueSet) -> Word | Point | None:
    """Return a member of all `lefts` that is not in `target`; None where there is none.

    What cannot be compared with the target (numbers with texts) is left out, which only widens the left side: None
    always holds, a member may belong to the widened side alone.

    Raises:
        TooComplex: the question needs too many steps.
    """
    if isinstance(target, Intervals):
        return _missing_point([left for left in lefts if isinstance(left, Intervals)], target)
    return _missing_text(tuple([left for left in lefts if isinstance(left, Texts)]), target)


def is_within(lefts: Sequence[ValueSet], target: ValueSet) -> bool:
    """Whether what is in all `lefts` is in `target`."""
    return missing(lefts, target) is None


@functools.lru_cache(maxsize=262_144)
def are_texts_within(lefts: tuple[Texts, ...], target: Texts) -> bool:
    """Whether texts in all `lefts` are certain to be in `target`; False also where it takes too many steps to tell."""
    try:
        return target.is_everything or _missing_text(lefts, target) is None
    except TooComplex:
        return False


def _missing_point(lefts: Sequence[Intervals], target: Intervals) -> Point | Word | None:
    inside = [left for left in lefts if left.domain == target.domain]
    outside = [left.complement() for left in inside] + [target]
    cuts = sorted({FIRST, LAST, *(cut for intervals in outside for cut in intervals.cuts)})
    for low, high in itertools.pairwise(cuts):
        if not any(bisect_right(intervals.cuts, low) % 2 == 1 for intervals in outside):
            return _between(low, high, target.domain)
    if all(left.has_strangers for left in inside) and not target.has_strangers:
        return tuple(f"no-{target.domain}")
    return None


def _between(low: Cut, high: Cut, domain: str) -> Point:
    """Return a point between two cuts."""
    if low[0] == 0 and low[2] == 0:
        return low[1]
    if low[0] == 0:
        if high[0] != 0:
            return (*low[1][:-1], low[1][-1] + 1)
        return (*low[1][:-1], (low[1][-1] + high[1][-1]) / 2)
    if high[0] == 0:
        return (*high[1][:-1], high[1][-1] - 1)
    return (Fraction(4), Fraction(0)) if domain == "address" else (Fraction(0),)


@functools.lru_cache(maxsize=262_144)
def _missing_text(lefts: tuple[Texts, ...], target: Texts) -> Word | None:
    inside: list[tuple[Glob, ...]] = []
    outside: list[Glob] = []
    ignores_case = target.ignores_case or (not target.patterns and any(left.ignores_case for left in lefts))
    for left in lefts:
        if left.is_complement:
            if left.ignores_case or not ignores_case:
                outside.extend(left.patterns)
        elif ignores_case:
            inside.append(tuple(folded(pattern) for pattern in left.patterns))
        elif not left.ignores_case or not any(map(_has_case, left.patterns)):
            inside.append(left.patterns)
    if target.is_complement:
        inside.append(target.patterns)
    else:
        outside.extend(target.patterns)
    limit = EFFORT.steps + MAX_STEPS
    for combination in _combinations(inside):
        if EFFORT.steps > limit:
            raise TooComplex
        word = missing_word(combination, outside)
        if word is not None:
            return word
    return None


def _combinations(inside: Sequence[tuple[Glob, ...]]) -> Iterator[tuple[Glob, ...]]:
    count = 1
    for patterns in inside:
        count *= len(patterns)
    if count > MAX_COMBINATIONS:
        raise TooComplex
    return itertools.product(*inside)


def _has_case(pattern: Glob) -> bool:
    return any(isinstance(atom, str) and atom.lower() != atom.upper() for atom in pattern.atoms)
