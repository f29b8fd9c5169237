"""Who gets where: from principals to roles, from compute to the role it runs as, from roles to what they may touch.

A route is a witness: every step says by which trust, attachment or permission it is taken.
"""

from __future__ import annotations

import enum
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from studyctl.domain.policy.documents import PrincipalKind
from studyctl.domain.policy.globs import Glob, Reading, glob
from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.resources import Plan
from studyctl.domain.policy.graph.world import Identity, IdentityKind, World
from studyctl.domain.policy.inclusion import TooComplex, is_disjoint

SHOWN_ACTIONS = 6


class How(enum.Enum):
    """How one gets from one end of an edge to the other."""

    TRUST = "is trusted by"
    RUNS_AS = "runs as"
    MAY = "may use"


@dataclass(frozen=True, slots=True)
class Edge:
    """One step. Ends are addresses; principals outside of the plan are written as policies write them."""

    source: str
    target: str
    how: How
    words: str = ""

    def __str__(self) -> str:
        """Say it."""
        return f"{self.source} {self.how.value} {self.target}{f' ({self.words})' if self.words else ''}"


@dataclass(frozen=True, slots=True)
class Route:
    """Steps from one end to the other."""

    steps: tuple[Edge, ...]

    @property
    def target(self) -> str:
        """Return where it leads."""
        return self.steps[-1].target

    def __str__(self) -> str:
        """Say every step."""
        return ", then ".join(str(step) for step in self.steps)


def edges_of(plan: Plan, world: World) -> tuple[Edge, ...]:
    """Return every step that the plan's policies allow."""
    found = (*_trusts(world), *_runs(world), *_uses(plan, world))
    return tuple(dict.fromkeys(found))


def routes_from(edges: Iterable[Edge], start: str, is_wanted: Callable[[str], bool]) -> Iterator[Route]:
    """Yield the shortest route from `start` to every end that is wanted."""
    following: Mapping[str, list[Edge]] = _by_source(edges)
    waiting: deque[tuple[Edge, ...]] = deque((edge,) for edge in following.get(start, ()))
    seen = {start}
    while waiting:
        steps = waiting.popleft()
        target = steps[-1].target
        if target in seen:
            continue
        seen.add(target)
        if is_wanted(target):
            yield Route(steps)
        waiting.extend((*steps, edge) for edge in following.get(target, ()))


def _by_source(edges: Iterable[Edge]) -> Mapping[str, list[Edge]]:
    found: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[edge.source].append(edge)
    return found


def _trusts(world: World) -> Iterator[Edge]:
    for role in world.of_kind(IdentityKind.ROLE):
        if role.trust is None:
            continue
        for statement in role.trust.allows:
            for principal in statement.principals or ():
                known = world.by_arn.get(principal.text) if principal.kind is PrincipalKind.AWS else None
                keys = ", ".join(sorted({condition.key.text for condition in statement.conditions}))
                yield Edge(known.address if known else principal.text, role.address, How.TRUST, keys and f"if {keys}")


def _runs(world: World) -> Iterator[Edge]:
    for compute in world.computes:
        for role in compute.roles:
            yield Edge(compute.address, role, How.RUNS_AS)


def _uses(plan: Plan, world: World) -> Iterator[Edge]:
    """Yield which resources of the plan each identity's statements name, and with which actions.

    A statement on "*" reaches nothing in particular; rules of their own judge it.
    """
    arns = {arn_of(one, plan): one.address for one in plan.resources if one.is_managed}
    literal = {arn: address for arn, address in arns.items() if arn.startswith("arn:") and "(" not in arn}
    for identity in world.identities:
        actions: dict[str, dict[str, None]] = defaultdict(dict)
        for text, names in _named_resources(identity):
            meant = list(_meant(text, arns, literal))
            granted = _granted(identity, names, text) if meant else ()
            for address in meant:
                actions[address].update(dict.fromkeys(granted))
        for address, found in ((address, found) for address, found in actions.items() if found):
            shown = ", ".join(list(found)[:SHOWN_ACTIONS])
            more = f" and {len(found) - SHOWN_ACTIONS} more" if len(found) > SHOWN_ACTIONS else ""
            yield Edge(identity.address, address, How.MAY, f"{shown}{more}")


def _granted(identity: Identity, names: Iterable[str], resource: str) -> tuple[str, ...]:
    """Return those actions of a statement that work on its resource, within the boundary and after every Deny."""
    return tuple(name for name in names if not can(identity, Target((name,), (resource,))).is_no)


def _named_resources(identity: Identity) -> Iterator[tuple[str, dict[str, None]]]:
    for document in identity.policies:
        for statement in document.allows:
            names = {item.text: None for item in statement.actions}
            for item in statement.resources or ():
                if item.text != "*" and not statement.is_not_resource:
                    yield item.text, names


def _meant(text: str, arns: Mapping[str, str], literal: Mapping[str, str]) -> Iterator[str]:
    """Yield the resources that a Resource element names: itself, or what lies below it."""
    stem = text.removesuffix("/*").removesuffix(":*")
    if stem in arns:
        yield arns[stem]
        return
    if text in arns or "*" not in text:
        if text in arns:
            yield arns[text]
        return
    service = text.split(":", 3)[2] if text.count(":") > 2 else ""  # noqa: PLR2004 - arn:partition:service:...
    pattern = glob(text, Reading.RESOURCE)
    for arn, address in literal.items():
        if arn.split(":", 3)[2] == service and _overlaps(pattern, arn):
            yield address


def _overlaps(pattern: Glob, arn: str) -> bool:
    try:
        return not is_disjoint(pattern, glob(arn, Reading.LITERAL))
    except TooComplex:
        return True
