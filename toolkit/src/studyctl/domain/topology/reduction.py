"""Arrows that say nothing new are left out: from A to C when there is a way from A over B to C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studyctl.domain.topology.model import Edge


def reduced(edges: Iterable[Edge], *, groups: Mapping[str, str] | None = None) -> tuple[Edge, ...]:
    """Return the edges without those that a longer way replaces. What was reachable still is.

    `groups` is the group of each member: what a group does, its members do, so a way may go on from a member to
    its group. It may not go from a group to a member: not all of it need be meant.
    """
    onward = groups or {}
    kept = dict.fromkeys(sorted(edge for edge in edges if edge.source != edge.target))
    for edge in tuple(kept):
        rest = [other for other in kept if other != edge]
        if _is_reachable(edge.source, edge.target, rest, onward):
            del kept[edge]
    return tuple(kept)


def _is_reachable(start: str, end: str, edges: list[Edge], groups: Mapping[str, str]) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        reached = {edge.target for edge in edges if edge.source == here} | {groups.get(here, here)}
        if end in reached:
            return True
        waiting += reached - seen
        seen |= reached
    return False
