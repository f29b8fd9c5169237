"""Whether a role is granted what its contracts need, and nothing else. Every difference has a name.

Each action on each resource is judged alone, so that what is missing or too much is told as such, and not as a whole
policy that is somehow wrong. What a policy cannot mean, such as an action on a resource of another kind, is no grant.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.documents import Document, Item, Statement
from studyctl.domain.policy.globs import Reading, action_glob, glob
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.inclusion import TooComplex, is_covered
from studyctl.domain.policy.rules.actions import works_on
from studyctl.domain.policy.rules.subjects import has_wildcard
from studyctl.domain.policy.rules.validity.unsupported_resource import UNDOCUMENTED
from studyctl.domain.policy.scopes import scope_of
from studyctl.domain.policy.verdict import Standing, Verdict

BEYOND_BOUNDARY = "its boundary leaves that out"
"""How a difference ends that no policy of the role can mend."""


class Side(enum.Enum):
    """On which side a difference is."""

    MISSING = "missing"
    EXCESS = "excess"


@dataclass(frozen=True, slots=True)
class Difference:
    """A grant that only one side has, or may have: `verdict` says so with a request, or why nobody can tell.

    `is_partial`: the other side has some of it, such as other actions of a pattern, or less often.
    """

    side: Side
    action: str
    resource: str
    statement: str
    verdict: Verdict
    condition: str = ""
    is_partial: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether a request shows it."""
        return self.verdict.is_refuted

    def __str__(self) -> str:
        """Say it in one line."""
        where = f" on {self.resource}" if self.resource else ""
        given = f" if {self.condition}" if self.condition else ""
        doubt = "" if self.is_certain else f", not proven: {self.verdict.reason}"
        return f"{self.side.value}: {self.action}{where}{given} ({self.statement}){doubt}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one role. `doubts` are reasons why it is not known what it is granted."""

    differences: tuple[Difference, ...]
    doubts: tuple[str, ...] = ()

    def standing(self, side: Side) -> Standing:
        """Return whether one side is settled: nothing is missing, or nothing is too much."""
        found = [difference for difference in self.differences if difference.side is side]
        if any(difference.is_certain for difference in found):
            return Standing.REFUTED
        return Standing.NOT_PROVEN if found or self.doubts else Standing.PROVEN

    @property
    def sufficient(self) -> Standing:
        """Whether everything that is needed is granted."""
        return self.standing(Side.MISSING)

    @property
    def necessary(self) -> Standing:
        """Whether everything that is granted is needed."""
        return self.standing(Side.EXCESS)

    @property
    def is_exact(self) -> bool:
        """Whether both are proven."""
        return self.sufficient is self.necessary is Standing.PROVEN


def judge(identity: Identity, needed: Sequence[Document], doubts: Iterable[str] = ()) -> Judgement:
    """Return how what an identity is granted differs from what it needs.

    It must be granted by its policies and by its boundary, so what is missing is looked for in each; too much is only
    what both grant.
    """
    missing = _differences(needed, _NO_LIMITS, grants_of(identity.policies), Side.MISSING)
    excess = _differences(identity.policies, identity.grants, grants_of(needed), Side.EXCESS)
    limit = identity.boundary or ()  # of one that is set and not known nothing is said here: it is a doubt
    beyond = _differences(needed if limit else (), _NO_LIMITS, grants_of(limit), Side.MISSING)
    return Judgement((*missing, *map(_beyond, beyond), *excess), tuple(doubts))


def judge_actions(identity: Identity, needed: Sequence[Document], doubts: Iterable[str]) -> Judgement:
    """Return how they differ in actions alone, for a plan that does not know the resources yet.

    An action that no statement of the other side names at all is missing, or too much, whatever the resources will be.
    """
    missing = _actions_only(needed, identity.policies, Side.MISSING)
    excess = _actions_only(identity.policies, needed, Side.EXCESS)
    beyond = _actions_only(needed, identity.boundary, Side.MISSING) if identity.boundary else ()
    return Judgement((*missing, *map(_beyond, beyond), *excess), tuple(doubts))


def unmet(inner: Sequence[Document], inner_grants: Grants, outer: Grants, side: Side) -> tuple[Difference, ...]:
    """Return what some documents grant, within all that limits them, and `outer` does not."""
    return tuple(_differences(inner, inner_grants, outer, side))


_NO_LIMITS = Grants(((),), ())


def _beyond(difference: Difference) -> Difference:
    return replace(difference, statement=f"{difference.statement}: {BEYOND_BOUNDARY}")


def _differences(documents: Iterable[Document], within: Grants, outer: Grants, side: Side) -> Iterator[Difference]:
    """Yield what each statement grants alone, within the limits of all, that the other side does not grant."""
    seen: set[tuple[str, str, str]] = set()
    for statement in (one for document in documents for one in document.allows):
        for action, resource, part in _parts(statement):
            words = _words(statement)
            if (action, resource, words) in seen:
                continue
            seen.add((action, resource, words))
            inner = Grants(((scope_of(part),), *within.layers[1:]), within.denies)
            verdict = is_contained(inner, outer)
            if not verdict.is_proven:
                yield Difference(side, action, resource, statement.label, verdict, words, _have_both(inner, outer))


def _have_both(inner: Grants, outer: Grants) -> bool:
    """Whether some request is granted by both."""
    return is_contained(Grants((*inner.layers, *outer.layers), (*inner.denies, *outer.denies)), _NO_LIMITS).is_refuted


def _parts(statement: Statement) -> Iterator[tuple[str, str, Statement]]:
    """Yield a statement action by action and resource by resource, without what it cannot mean."""
    if statement.is_not_action or statement.is_not_resource or not statement.resources:
        yield _listed(statement), _named(statement.resources), statement
        return
    for action in statement.actions:
        for resource in statement.resources:
            if not is_idle(action.text, resource.text):
                part = statement._replace(actions=(action,), resources=(resource,))
                yield action.text, resource.text, part


def is_idle(action: str, resource: str) -> bool:
    """Whether an action never meets a resource: that of another kind, or any where it knows none."""
    known = None if has_wildcard(action) else catalogue().action(action)
    if known is None or resource == "*" or known.text in UNDOCUMENTED:
        return False
    return not works_on(known, glob(resource, Reading.RESOURCE))


def _actions_only(documents: Iterable[Document], others: Iterable[Document], side: Side) -> Iterator[Difference]:
    theirs = [statement for document in others for statement in document.allows]
    if any(statement.is_not_action for statement in theirs):
        return
    patterns = tuple(action_glob(item.text) for statement in theirs for item in statement.actions)
    seen: set[str] = set()
    for statement in (one for document in documents for one in document.allows):
        for item in statement.actions:
            pattern = action_glob(item.text)
            if item.text in seen or statement.is_not_action:
                continue
            seen.add(item.text)
            try:
                is_there = is_covered((pattern,), patterns)
            except TooComplex:
                is_there = True
            if not is_there:
                yield Difference(side, item.text, "", statement.label, Verdict(Standing.REFUTED, reason="its name"))


def _listed(statement: Statement) -> str:
    names = _named(statement.actions)
    return f"everything but {names}" if statement.is_not_action else names


def _named(items: tuple[Item, ...] | None) -> str:
    return ", ".join(item.text for item in items or ())


def _words(statement: Statement) -> str:
    """Say the conditions of a statement."""
    said = (f"{one.key.text} is {' or '.join(one.texts)} ({one.name})" for one in statement.conditions)
    return "; ".join(said)
