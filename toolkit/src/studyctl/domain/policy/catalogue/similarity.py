"""Which of many names a mistyped one is most like: quickly by the pairs of letters they share, then exactly."""

from __future__ import annotations

import functools
from collections.abc import Mapping

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_^$"
MIN_RATIO = 0.75
CANDIDATES = 8
"""Names with the most pairs in common, which are then compared letter by letter."""
Pairs = tuple[int, int]
"""The pairs of neighbouring letters as bits, and how many they are."""


@functools.lru_cache(maxsize=512)
def pairs_of(names: tuple[str, ...]) -> Mapping[str, Pairs]:
    """Return the pairs of each name."""
    return {name: _pairs(name) for name in names}


def closest(name: str, known: Mapping[str, Pairs]) -> str | None:
    """Return the name that is most like another; None where none is like it."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only where something is mistyped

    own, count = _pairs(name)
    longest, shortest = len(name) * (2 / MIN_RATIO - 1), len(name) / (2 / MIN_RATIO - 1)
    near = [
        (2 * (own & pairs).bit_count() / (count + its_count), other)
        for other, (pairs, its_count) in known.items()
        if shortest <= len(other) <= longest
    ]
    matcher = SequenceMatcher(b=name)
    best, found = MIN_RATIO, None
    for _, other in sorted(near, reverse=True)[:CANDIDATES]:
        matcher.set_seq1(other)
        if matcher.quick_ratio() < best:
            continue
        ratio = matcher.ratio()
        if ratio > best or (found is None and ratio >= best):
            best, found = ratio, other
    return found


def _pairs(name: str) -> Pairs:
    """Return the pairs of neighbours, the ends of the name included, so that a name of one letter has some."""
    bits = 0
    for pair in zip(f"^{name}", f"{name}$", strict=True):
        bits |= 1 << _number(*pair)
    return bits, bits.bit_count()


@functools.lru_cache(maxsize=4096)
def _number(first: str, second: str) -> int:
    """Return a number for a pair; all letters that no name has are one."""
    return (_LETTERS.find(first) + 1) * (len(_LETTERS) + 1) + _LETTERS.find(second) + 1
