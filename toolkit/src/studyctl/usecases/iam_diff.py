"""What a change of policies adds and removes, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.capabilities.echoes import without_echoes
from studyctl.domain.policy.capabilities.judgement import Difference, Side, unmet
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.graph.resources import mapping
from studyctl.domain.policy.verdict import Witness
from studyctl.usecases.iam import unknown_of

_IDLE = frozenset({"no-op", "read"})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds policies: a role of a plan, or a file of which nobody knows who holds it.

    `unknown` says why its permissions are not fully known.
    """

    name: str
    policies: tuple[Document, ...]
    grants: Grants
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What one holder gains and loses. What cannot be told for certain is in it and says so.

    `unknown` are policies of which nobody knows what they say, before or afterwards, without those that stay.
    """

    name: str
    added: tuple[Difference, ...]
    removed: tuple[Difference, ...]
    unknown: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return it in words, a line for each action on a resource."""
        gains = (f"+ {self.name} may {_words(one, 'more', 'now also')}" for one in self.added)
        losses = (f"- {self.name} may {_words(one, 'less', 'no longer')}" for one in self.removed)
        return (*gains, *losses, *(f"? {self.name}: {reason}" for reason in self.unknown))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "holder": self.name,
            "added": [_value(one) for one in self.added],
            "removed": [_value(one) for one in self.removed],
            "unknown": list(self.unknown),
        }


def holders_of_plan(document: Mapping[str, Any]) -> tuple[Holder, ...]:
    """Return the identities of a plan."""
    graph = graph_of(document)
    held = (without_echoes(identity, graph.plan) for identity in graph.world.identities)
    return tuple(Holder(one.name, one.policies, one.grants, unknown_of(one, graph.plan)) for one in held)


def holder_of_policy(content: bytes, source: str) -> Holder:
    """Return whoever holds the policy of a file.

    Raises:
        PolicyError: it cannot be read.
    """
    policy = parse_policy(content, source)
    return Holder("the policy", (policy,), grants_of((policy,)))


def changes(before: Sequence[Holder], after: Sequence[Holder]) -> tuple[Change, ...]:
    """Return how every holder changes, without those that do not."""
    nobody = Grants(((),), ())
    old, new = ({holder.name: holder for holder in holders} for holders in (before, after))
    found = []
    for name in sorted({*old, *new}):
        was = old.get(name) or Holder(name, (), nobody)
        will = new.get(name) or Holder(name, (), nobody)
        added = unmet(will.policies, will.grants, was.grants, Side.EXCESS)
        removed = unmet(was.policies, was.grants, will.grants, Side.MISSING)
        unknown = tuple(
            one for one in (*was.unknown, *will.unknown) if (one in was.unknown) is not (one in will.unknown)
        )
        if added or removed or unknown:
            found.append(Change(name, added, removed, unknown))
    return tuple(found)


def changes_of_plan(document: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what a plan changes: what every identity holds now, against what it will hold."""
    return changes(holders_of_plan(_as_it_is(document)), holders_of_plan(document))


def touches_permissions(document: Mapping[str, Any]) -> bool:
    """Whether a plan changes roles or their policies; most do not, and to compare everything takes a second."""
    return any(
        change.get("type", "").startswith("aws_iam_") and set(mapping(change.get("change")).get("actions", ())) - _IDLE
        for change in document.get("resource_changes", ())
    )


def told(document: Mapping[str, Any], limit: int) -> tuple[str, ...]:
    """Return what a plan changes in permissions, in at most `limit` lines and one that counts the rest.

    A holder that is new as a whole is one line: its contract says what it may do.
    """
    if not touches_permissions(document):
        return ()
    before = {holder.name for holder in holders_of_plan(_as_it_is(document))}
    lines: list[str] = []
    for change in changes_of_plan(document):
        if change.name in before:
            lines += change.lines
        else:
            lines.append(f"+ {change.name} is new, with {len(change.added)} permissions")
            lines += (f"? {change.name}: {reason}" for reason in change.unknown)
    if len(lines) > limit:
        return (*lines[:limit], f"  and {len(lines) - limit} more")
    return tuple(lines)


def _as_it_is(document: Mapping[str, Any]) -> Mapping[str, Any]:
    now = mapping(mapping(document.get("prior_state")).get("values")) or {"root_module": {}}
    return {**document, "planned_values": now, "resource_changes": []}


def _words(one: Difference, much: str, which: str) -> str:
    """Say a difference; of one in part that it is one, with a request that shows it."""
    given = f" if {one.condition}" if one.condition else ""
    doubt = "" if one.is_certain else f" (not proven: {one.verdict.reason})"
    what = f"{one.action} on {one.resource}{given}"
    if one.is_partial and one.verdict.witness:
        return f"{much} of {what}, {which} {_request(one.verdict.witness)}, by {one.statement}"
    return f"{'' if which == 'now also' else 'no longer '}{what}, by {one.statement}{doubt}"


def _request(witness: Witness) -> str:
    keys = ", ".join(f"{key} = {' or '.join(values)}" for key, values in witness.context.items())
    return f"{witness.action} on {witness.resource}{f' with {keys}' if keys else ''}"


def _value(one: Difference) -> dict[str, Any]:
    return {
        "action": one.action,
        "resource": one.resource,
        "statement": one.statement,
        "condition": one.condition,
        "in_part": one.is_partial,
        "standing": "certain" if one.is_certain else "not proven",
    }
