"""Proofs that one set of policies grants no more than another.

A request granted by `inner` lies in a box: one Allow of each layer. It is granted by `outer` too when every layer of
`outer` covers it and no Deny of `outer` reaches it; what `inner` denies need not be covered. "Proven" holds for every
request there can be, of actions that do not exist yet too. "Refuted" comes with a request on which both were evaluated.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from studyctl.domain.policy.boxes import Box, Budget, uncovered
from studyctl.domain.policy.grants import Documents, Grants, grants_of
from studyctl.domain.policy.inclusion import TooComplex
from studyctl.domain.policy.scopes import Scope
from studyctl.domain.policy.verdict import PROVEN, Verdict, not_proven, refuted
from studyctl.domain.policy.witness import Doubt, find_witness

MAX_DOUBTS = 25
"""Boxes that are looked at for a witness before the answer is "not proven"."""


def is_contained(inner: Grants, outer: Grants) -> Verdict:
    """Return whether everything that `inner` grants is granted by `outer`."""
    doubt: Doubt | None = None
    try:
        for box in itertools.islice(_excess(inner, outer, Budget()), MAX_DOUBTS):
            found = find_witness(box, inner, outer)
            if not isinstance(found, Doubt):
                return refuted(found)
            doubt = doubt or found
    except TooComplex:
        return not_proven(doubt.reason if doubt else "the policies are too large or their patterns too hard to compare")
    return not_proven(doubt.reason) if doubt else PROVEN


def policies_contained(inner: Documents, outer: Documents) -> Verdict:
    """Return whether everything that one set of policies grants is granted by another; nothing limits either."""
    return is_contained(grants_of(inner), grants_of(outer))


def _excess(inner: Grants, outer: Grants, budget: Budget) -> Iterator[Box]:
    """Yield boxes of what `inner` grants and `outer` may not."""
    for box in _granted(inner, budget):
        for layer in outer.layers:
            yield from uncovered(box, (*layer, *inner.denies), budget)
        for deny in outer.denies:
            budget.spend()
            if not box.misses(deny):
                yield from uncovered(box.within(deny), inner.denies, budget)


def _granted(grants: Grants, budget: Budget) -> Iterator[Box]:
    """Yield what the layers allow together, before anything is denied."""
    first, *others = grants.layers
    for scope in first:
        budget.spend()
        box = Box.of(scope)
        if not box.is_empty():
            yield from _within_layers(box, others, budget)


def _within_layers(box: Box, layers: list[tuple[Scope, ...]], budget: Budget) -> Iterator[Box]:
    if not layers:
        yield box
        return
    for scope in layers[0]:
        budget.spend()
        if not box.misses(scope):
            yield from _within_layers(box.within(scope), layers[1:], budget)
