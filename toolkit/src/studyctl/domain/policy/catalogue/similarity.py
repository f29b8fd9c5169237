"""Which of many names a mistyped one is most like: quickly by the pairs of letters they share, then exactly."""

from __future__ import annotations

import functools
from collections.abc import Mapping

MIN_RATIO = 0.75
CANDIDATES = 8
"""Names with the most pairs in common, which are then compared letter by letter."""
Pairs = frozenset[str]


@functools.lru_cache(maxsize=512)
def pairs_of(names: tuple[str, ...]) -> Mapping[str, Pairs]:
    """Return the pairs of neighbouring letters of each name."""
    return {name: _pairs(name) for name in names}


def closest(name: str, known: Mapping[str, Pairs]) -> str | None:
    """Return the name that is most like another; None where none is like it."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only where something is mistyped

    own = _pairs(name)
    longest, shortest = len(name) * (2 / MIN_RATIO - 1), len(name) / (2 / MIN_RATIO - 1)
    near = [
        (2 * len(own & pairs) / (len(own) + len(pairs)), other)
        for other, pairs in known.items()
        if shortest <= len(other) <= longest
    ]
    matcher = SequenceMatcher(b=name)
    best, found = MIN_RATIO, None
    for _, other in sorted(near, reverse=True)[:CANDIDATES]:
        matcher.set_seq1(other)
        ratio = matcher.ratio()
        if ratio > best or (found is None and ratio >= best):
            best, found = ratio, other
    return found


def _pairs(name: str) -> Pairs:
    """Return the pairs of neighbours, the ends of the name included, so that a name of one letter has some."""
    return frozenset(map("".join, zip(f"^{name}", f"{name}$", strict=True)))
