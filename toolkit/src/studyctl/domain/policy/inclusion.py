"""Whether every text that matches all of some patterns matches one of others: exact, with a witness when not.

The patterns on the right run as one automaton over the words of those on the left. A set of its states that contains
another set reached at the same place cannot lead to a word the other misses, so only the smallest sets are followed;
that keeps `a*a*a*...` harmless. A variable is one unknown text. To stay sound when several patterns are intersected,
the left side is widened where variables stand; so `None` (covered) always holds, and a word may be of the widened kind.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from studyctl.domain.policy.globs import ANY, SEGMENT_ANY, SEGMENT_STAR, STAR, Atom, Automaton, Glob, matches

MAX_STEPS = 40_000
"""Of one question, comparisons of state sets included; more means that the patterns were made to be hard."""
_FRESH = "xyzwvqkjnumtrb0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

Word = tuple[str, ...]
"""Characters and variables."""


class TooComplex(Exception):
    """The question needs more steps than it may have."""


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
    return _missing_word(frozenset(pattern for pattern in left if not pattern.is_everything), frozenset(right))


def is_covered(left: Sequence[Glob], right: Sequence[Glob]) -> bool:
    """Whether every text that matches all of `left` matches one of `right`."""
    return missing_word(left, right) is None


def is_disjoint(first: Glob, second: Glob) -> bool:
    """Whether no text matches both. Variables may have any value."""
    return missing_word((first, second), ()) is None


@functools.lru_cache(maxsize=262_144)
def _missing_word(left: frozenset[Glob], right: frozenset[Glob]) -> Word | None:
    if any(pattern.is_everything for pattern in right) or not left.isdisjoint(right):
        return None
    if len(left) == 1:
        (only,) = left
        if all(isinstance(atom, str) for atom in only.atoms) and not only.variables:
            text = "".join(map(str, only.atoms))
            return None if any(matches(pattern, text) for pattern in right) else tuple(text)
    word: Word | None = ()
    for widened in _sound_lefts(left):
        word = _search(widened, tuple(right))
        if word is None:
            return None
    return word


def _sound_lefts(left: frozenset[Glob]) -> Iterator[tuple[Glob, ...]]:
    """Yield sides that each contain the intersection of `left`; the exact one where no variable can blur it."""
    with_variables = [pattern for pattern in left if pattern.variables]
    if not with_variables or len(left) <= 1:
        yield tuple(left)
        return
    for pattern in with_variables:
        yield (pattern,)
    yield tuple(widened(pattern) for pattern in left)


def widened(pattern: Glob) -> Glob:
    """Return a pattern in which every variable is a star."""
    atoms: list[Atom] = []
    for atom in pattern.atoms:
        wide: Atom = STAR if isinstance(atom, str) and len(atom) > 1 else atom
        if wide in (STAR, SEGMENT_STAR) and atoms and atoms[-1] in (STAR, SEGMENT_STAR):
            atoms[-1] = STAR if STAR in (wide, atoms[-1]) else SEGMENT_STAR
        else:
            atoms.append(wide)
    return Glob(tuple(atoms), pattern.text)


def _search(left: tuple[Glob, ...], right: tuple[Glob, ...]) -> Word | None:
    automaton = Automaton(pattern.atoms for pattern in right)
    rows = tuple(pattern.atoms for pattern in left) or ((STAR,),)
    ends = tuple(len(atoms) for atoms in rows)
    fresh = _fresh_letter(rows, right)
    smallest: dict[tuple[int, ...], list[int]] = {}
    queue = [_Place((0,) * len(rows), automaton.start, None, "")]
    steps = 0
    for place in queue:
        lefts, states = place.lefts, place.states
        if lefts == ends and not states & automaton.accepting:
            return _word(place)
        for following, letter in _moves(rows, lefts, fresh):
            reached = automaton.step(states, letter) if letter else states
            known = smallest.setdefault(following, [])
            steps += 1 + len(known)
            if steps > MAX_STEPS:
                raise TooComplex
            if any(other & reached == other for other in known):
                continue
            known[:] = [other for other in known if reached & other != reached]
            known.append(reached)
            queue.append(_Place(following, reached, place, letter))
    return None


def _moves(
    rows: tuple[tuple[Atom, ...], ...], lefts: tuple[int, ...], fresh: str
) -> Iterator[tuple[tuple[int, ...], str]]:
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


def _fresh_letter(rows: tuple[tuple[Atom, ...], ...], right: tuple[Glob, ...]) -> str:
    """Return a character that no pattern names: it stands for all of those."""
    used = {atom for row in rows for atom in row if isinstance(atom, str)}
    used.update(atom for pattern in right for atom in pattern.atoms if isinstance(atom, str))
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
