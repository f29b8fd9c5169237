"""Boxes of requests: the principals, actions and resources in some sets, under some conditions; and their differences.

A box minus a statement is a handful of smaller boxes, so whether statements cover a box is decided by cutting until
nothing, or something, is left. Cutting is exact but for conditions and variables that cannot be compared: there a box
may be kept that holds no request. It never loses one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from studyctl.domain.policy.clauses import Clause
from studyctl.domain.policy.documents import Statement
from studyctl.domain.policy.implication import implies, is_contradiction
from studyctl.domain.policy.inclusion import EFFORT, TooComplex
from studyctl.domain.policy.scopes import Scope
from studyctl.domain.policy.sets import ALL_TEXTS, NO_TEXTS, Texts, are_texts_within

MAX_COMPARISONS = 60_000
"""Of boxes with statements, in one question."""
MAX_EFFORT = 400_000
"""Steps of comparing patterns, in one question."""


class Budget:
    """How much comparing one question may take; hostile policies run out of it."""

    __slots__ = ("_comparisons", "_effort")

    def __init__(self) -> None:
        self._comparisons = MAX_COMPARISONS
        self._effort = EFFORT.steps + MAX_EFFORT

    def spend(self) -> None:
        """Count one comparison.

        Raises:
            TooComplex: there were too many, or they took too many steps.
        """
        self._comparisons -= 1
        EFFORT.comparisons += 1
        if self._comparisons < 0 or EFFORT.steps > self._effort:
            raise TooComplex


@dataclass(frozen=True, slots=True)
class Box:
    """The requests in all of the sets, fulfilling all of the clauses; `statements` are those that allow them."""

    principals: tuple[Texts, ...]
    actions: tuple[Texts, ...]
    resources: tuple[Texts, ...]
    clauses: tuple[Clause, ...]
    statements: tuple[Statement, ...]

    @classmethod
    def of(cls, scope: Scope) -> Box:
        """Return the requests that a statement matches."""
        return cls((scope.principals,), (scope.actions,), (scope.resources,), scope.clauses, (scope.statement,))

    def within(self, scope: Scope) -> Box:
        """Return the part that a statement matches too."""
        return Box(
            _with(self.principals, scope.principals),
            _with(self.actions, scope.actions),
            _with(self.resources, scope.resources),
            tuple(dict.fromkeys((*self.clauses, *scope.clauses))),
            (*self.statements, scope.statement) if scope.statement.is_allow else self.statements,
        )

    def misses(self, scope: Scope) -> bool:
        """Whether it is certain that no request of the box matches a statement."""
        return (
            are_texts_within((*self.actions, scope.actions), NO_TEXTS)
            or are_texts_within((*self.resources, scope.resources), NO_TEXTS)
            or (scope.principals is not ALL_TEXTS and are_texts_within((*self.principals, scope.principals), NO_TEXTS))
            or (bool(scope.clauses) and is_contradiction((*self.clauses, *scope.clauses)))
        )

    def is_empty(self) -> bool:
        """Whether it is certain that it has no request."""
        return any(are_texts_within(sets, NO_TEXTS) for sets in (self.actions, self.resources, self.principals)) or (
            bool(self.clauses) and is_contradiction(self.clauses)
        )

    def is_inside(self, scope: Scope) -> bool:
        """Whether it is certain that a statement matches every request of the box."""
        return (
            self.can_be_covered_by(scope)
            and are_texts_within(self.actions, scope.actions)
            and are_texts_within(self.resources, scope.resources)
            and are_texts_within(self.principals, scope.principals)
            and all(implies(self.clauses, clause) for clause in scope.clauses)
        )

    def can_be_covered_by(self, scope: Scope) -> bool:
        """Whether a statement says for certain what it matches.

        What NotResource means when its variable has no value is not documented, so it covers nothing, unless the box
        has the same variables: then neither means anything.
        """
        if not scope.resources.is_complement:
            return True
        needed = _variables((scope.resources,))
        return not needed or needed <= _variables(self.resources)

    def parts_outside(self, scope: Scope) -> Iterator[Box]:
        """Yield disjoint boxes that together are what a statement does not match."""
        box = self
        for name, own in (("actions", scope.actions), ("resources", scope.resources), ("principals", scope.principals)):
            sets: tuple[Texts, ...] = getattr(box, name)
            if not are_texts_within(sets, own):
                outside = _with(sets, own.complement())
                if not are_texts_within(outside, NO_TEXTS):
                    yield replace(box, **{name: outside})  # type: ignore[arg-type]
                box = replace(box, **{name: _with(sets, own)})  # type: ignore[arg-type]
        for clause in scope.clauses:
            if not implies(box.clauses, clause):
                negated = (*box.clauses, clause.negated())
                if not is_contradiction(negated):
                    yield replace(box, clauses=negated)
                box = replace(box, clauses=(*box.clauses, clause))


def uncovered(box: Box, covers: Sequence[Scope], budget: Budget) -> Iterator[Box]:
    """Yield the parts of a box that none of the statements matches; none where they cover it.

    Raises:
        TooComplex: the budget is spent.
    """
    waiting: list[tuple[Box, Sequence[Scope]]] = [(box, covers)]
    while waiting:
        part, others = waiting.pop()
        relevant = []
        for cover in others:
            budget.spend()
            if not part.misses(cover) and part.can_be_covered_by(cover):
                if part.is_inside(cover):
                    break
                relevant.append(cover)
        else:
            if relevant:
                budget.spend()
                waiting.extend((smaller, relevant[1:]) for smaller in part.parts_outside(relevant[0]))
            else:
                yield part


def _with(sets: tuple[Texts, ...], one: Texts) -> tuple[Texts, ...]:
    return sets if one in sets or (one.is_everything and sets) else (*sets, one)


def _variables(sets: Sequence[Texts]) -> set[str]:
    return {variable for texts in sets for pattern in texts.patterns for variable in pattern.variables}
