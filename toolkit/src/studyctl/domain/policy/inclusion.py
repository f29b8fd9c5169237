"""Whether every text that matches all of some patterns matches one of others: exact, with a witness when not.

The patterns on the right run as one automaton over the words of those on the left. A set of its states that contains
another set reached at the same place cannot lead to a word the other misses, so only the smallest sets are followed;
that keeps `a*a*a*...` harmless. A variable is one unknown text. To stay sound when several patterns are intersected,
the left side is widened where variables stand; so `None` (covered) always holds, and a word may be of the widened kind.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from studyctl.domain.policy.globs import (
    ANY,
    EVERYTHING,
    SEGMENT_ANY,
    SEGMENT_STAR,
    STAR,
    Atom,
    Automaton,
    Glob,
    glob_of,
    matches,
    without_colon,
)

MAX_STEPS = 40_000
"""Of one question, comparisons of state sets included; more means that the patterns were made to be hard."""
_FRESH = "xyzwvqkjnumtrb0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

COLON = ":"
_STARS = (STAR, SEGMENT_STAR)

Word = tuple[str, ...]
"""Characters and variables."""
Rows = tuple[tuple[Atom, ...], ...]


class TooComplex(Exception):
    """The question needs more steps than it may have."""


class Effort:
    """How many steps have been made so far, in all questions; who asks many questions limits the difference.

    `comparisons` are those of whole boxes with statements.
    """

    __slots__ = ("comparisons", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.comparisons = 0


EFFORT = Effort()


class _Place(NamedTuple):
    lefts: tuple[int, ...]
    states: int
    before: _Place | None
    letter: str


def missing_word(left: Sequence[Glob], right: Sequence[Glob]) -> Word | None:
    """Return a word that matches every pattern of `left` and none of `right`; None where there is none.

    An empty `left` is every text.

    Raises:
        TooComplex: it cannot be told in a bounded number of steps.
    """
    EFFORT.steps += len(left) + len(right)
    return _missing_word(frozenset([pattern for pattern in left if pattern is not EVERYTHING]), frozenset(right))


def is_covered(left: Sequence[Glob], right: Sequence[Glob]) -> bool:
    """Whether every text that matches all of `left` matches one of `right`."""
    return missing_word(left, right) is None


def is_disjoint(first: Glob, second: Glob) -> bool:
    """Whether no text matches both. Variables may have any value."""
    return missing_word((first, second), ()) is None


@functools.lru_cache(maxsize=262_144)
def _missing_word(left: frozenset[Glob], right: frozenset[Glob]) -> Word | None:
    if not left.isdisjoint(right) or _cannot_meet(left):
        return None
    prefix = max((pattern.prefix for pattern in left), key=len, default="")
    rivals = [pattern for pattern in right if _can_meet(pattern, left)]
    if any(pattern.atoms[-1:] == (STAR,) and _is_start(pattern, prefix) for pattern in rivals):
        return None
    literal = next((pattern for pattern in left if pattern.is_literal), None)
    if literal is not None:
        return _literal_word(literal, left, rivals)
    word: Word | None = ()
    for widened_left in _sound_lefts(left):
        word = _search(widened_left, rivals)
        if word is None:
            return None
    return word


def _cannot_meet(patterns: frozenset[Glob]) -> bool:
    """Whether two of the patterns begin, or end, with different texts."""
    return len(patterns) > 1 and any(not _fit(one, two) for one, two in itertools.combinations(patterns, 2))


def _can_meet(pattern: Glob, others: frozenset[Glob]) -> bool:
    return all(_fit(pattern, other) for other in others)


def _fit(one: Glob, two: Glob) -> bool:
    begins = one.prefix.startswith(two.prefix) or two.prefix.startswith(one.prefix)
    return begins and (one.suffix.endswith(two.suffix) or two.suffix.endswith(one.suffix))


def _is_start(pattern: Glob, prefix: str) -> bool:
    """Whether a pattern that ends in a star is nothing but that star and the beginning of a prefix."""
    return len(pattern.prefix) == len(pattern.atoms) - 1 and prefix.startswith(pattern.prefix)


def _literal_word(literal: Glob, left: frozenset[Glob], rivals: Sequence[Glob]) -> Word | None:
    text = literal.prefix
    others = (widened(pattern) if pattern.variables else pattern for pattern in left)
    is_inside = all(matches(pattern, text) for pattern in others)
    return tuple(text) if is_inside and not any(matches(pattern, text) for pattern in rivals) else None


def _sound_lefts(left: frozenset[Glob]) -> Iterator[tuple[Glob, ...]]:
    """Yield sides that each contain the intersection of `left`; the exact one where no variable can blur it.

    In the order of their texts: which word is found first must not depend on where the patterns lie in memory.
    """
    ordered = sorted(left, key=lambda pattern: pattern.text) if len(left) > 1 else left
    with_variables = [pattern for pattern in ordered if pattern.variables]
    if not with_variables or len(left) <= 1:
        yield tuple(ordered)
        return
    for pattern in with_variables:
        yield (pattern,)
    yield tuple(widened(pattern) for pattern in ordered)


def widened(pattern: Glob) -> Glob:
    """Return a pattern in which every variable is a star."""
    wide = tuple(STAR if isinstance(atom, str) and len(atom) > 1 else atom for atom in pattern.atoms)
    return glob_of(wide, pattern.text)


def _search(left: Sequence[Glob], right: Sequence[Glob]) -> Word | None:
    """What all patterns begin with is skipped; the search itself goes letter by letter."""
    common = _common([pattern.prefix for pattern in (*left, *right)]) if left else ""
    shortest = _shortest_of_one(left, right)
    if shortest is not None:
        return shortest
    rows = tuple(pattern.atoms[len(common) :] for pattern in left) or ((STAR,),)
    if not right and len(rows) > 1:
        word = _search_in_parts(rows)
    else:
        rivals = [pattern.atoms[len(common) :] for pattern in right]
        word = _search_rows(rows, rivals, _fresh_letter(rows, rivals))
    return None if word is None else (*common, *word)


def _search_in_parts(rows: Rows) -> Word | None:
    """Search each part between colons by itself, as far as no star can reach over a colon: most places never meet."""
    ends = _ends_of_first_part(rows)
    if not ends:
        return _search_rows(rows, (), _fresh_letter(rows, ()))
    part = _word_of_part(tuple(without_colon(row[:end]) for row, end in zip(rows, ends, strict=True)))
    rest = None if part is None else _word_of_part(tuple(row[end + 1 :] for row, end in zip(rows, ends, strict=True)))
    return None if part is None or rest is None else (*part, COLON, *rest)


def _word_of_part(rows: Rows) -> Word | None:
    """Return a word that matches all patterns of a part; the same parts come again and again."""
    patterns = (glob_of(row, "".join(map(str, row))) for row in rows)
    return _missing_word(frozenset([pattern for pattern in patterns if pattern.atoms != EVERYTHING.atoms]), frozenset())


def _ends_of_first_part(rows: Rows) -> list[int]:
    """Return where the first colons stand; none where a row has no colon, or a wildcard before it that may take one."""
    if not all(COLON in row for row in rows):
        return []
    ends = [row.index(COLON) for row in rows]
    return [] if any(atom in (STAR, ANY) for row, end in zip(rows, ends, strict=True) for atom in row[:end]) else ends


def _common(prefixes: Sequence[str]) -> str:
    first, last = min(prefixes), max(prefixes)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in same)


def _shortest_of_one(left: Sequence[Glob], right: Sequence[Glob]) -> Word | None:
    """Return the shortest word of one pattern where all others take it and no rival does; None proves nothing."""
    if any(pattern.variables for pattern in (*left, *right)):
        return None
    fresh = ""
    for pattern in left:
        if not fresh and (ANY in pattern.atoms or SEGMENT_ANY in pattern.atoms):
            fresh = _fresh_letter([each.atoms for each in left], [each.atoms for each in right])
        text = _shortest(pattern, fresh)
        if all(matches(other, text) for other in left) and not any(matches(rival, text) for rival in right):
            return tuple(text)
    return None


@functools.lru_cache(maxsize=16_384)
def _shortest(pattern: Glob, fresh: str) -> str:
    """Return the shortest word of a pattern without variables, with a letter for each `?`."""
    return "".join([atom if isinstance(atom, str) else fresh for atom in pattern.atoms if atom not in _STARS])


def _search_rows(rows: Rows, right: Sequence[tuple[Atom, ...]], fresh: str) -> Word | None:
    automaton = Automaton(right)
    ends = tuple(len(atoms) for atoms in rows)
    smallest: dict[tuple[int, ...], list[int]] = {}
    queue = [_Place((0,) * len(rows), automaton.start, None, "")]
    limit = EFFORT.steps + MAX_STEPS
    for place in queue:
        lefts, states = place.lefts, place.states
        if lefts == ends and not states & automaton.accepting:
            return _word(place)
        for following, letter in _moves(rows, lefts, fresh):
            reached = automaton.step(states, letter) if letter else states
            known = smallest.setdefault(following, [])
            EFFORT.steps += 1 + len(known)
            if EFFORT.steps > limit:
                raise TooComplex
            if any(other & reached == other for other in known):
                continue
            known[:] = [other for other in known if reached & other != reached]
            known.append(reached)
            queue.append(_Place(following, reached, place, letter))
    return None


def _moves(rows: Rows, lefts: tuple[int, ...], fresh: str) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the places one letter on, and those where a star was left behind without a letter."""
    atoms = [row[place] if place < len(row) else None for row, place in zip(rows, lefts, strict=True)]
    for index, atom in enumerate(atoms):
        if atom in (STAR, SEGMENT_STAR):
            yield (*lefts[:index], lefts[index] + 1, *lefts[index + 1 :]), ""
    if None in atoms:
        return
    literals = {atom for atom in atoms if isinstance(atom, str)}
    for letter in sorted(literals) if literals else (fresh, ":"):
        following = tuple(
            _after(atom, place, letter) for atom, place in zip(atoms, lefts, strict=True) if atom is not None
        )
        if -1 not in following:
            yield following, letter


def _after(atom: Atom, place: int, letter: str) -> int:
    """Return the place in a pattern after a letter, -1 where it does not take it."""
    if isinstance(atom, str):
        return place + 1 if atom == letter else -1
    if letter == ":" and atom in (SEGMENT_STAR, SEGMENT_ANY):
        return -1
    if len(letter) > 1 and atom != STAR:
        return -1
    return place + 1 if atom in (ANY, SEGMENT_ANY) else place


def _fresh_letter(rows: Sequence[tuple[Atom, ...]], right: Sequence[tuple[Atom, ...]]) -> str:
    """Return a character that no pattern names: it stands for all of those."""
    used = {atom for row in rows for atom in row if isinstance(atom, str)}
    used.update(atom for atoms in right for atom in atoms if isinstance(atom, str))
    for letter in _FRESH:
        if letter not in used:
            return letter
    return next(letter for letter in map(chr, range(0x4E00, 0x9FFF)) if letter not in used)


def _word(place: _Place | None) -> Word:
    letters: list[str] = []
    while place is not None:
        if place.letter:
            letters.append(place.letter)
        place = place.before
    return tuple(reversed(letters))
