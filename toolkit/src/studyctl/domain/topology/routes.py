"""Which gutters a line takes. Lines that come from or go to members of one group share their way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studyctl.domain.topology.geometry import Side
from studyctl.domain.topology.model import Edge, Topology

CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box stands: row 0 is the upper one. `group` is the group it is a member of, empty when of none."""

    row: int
    column: int
    is_top: bool
    group: str

    @property
    def is_open_above(self) -> bool:
        """Whether the channel is directly above it."""
        return self.row == 1 and self.is_top and not self.group


@dataclass(frozen=True, slots=True)
class Bundle:
    """Lines with one way: out of a side, along lanes (gutters `a0`, `b1` or the channel), into a side."""

    edges: tuple[Edge, ...]
    lanes: tuple[str, ...]
    out: Side
    into: Side


def bundles(topology: Topology, places: Mapping[str, Place], *, anchor: int) -> Iterator[Bundle]:
    """Return the ways of all lines between things that have a place. `anchor` is the gutter both rows share."""
    edges = [edge for edge in topology.edges if edge.source in places and edge.target in places]
    for together in _bundled(edges, places):
        start, end = places[together[0].source], places[together[0].target]
        lanes, out, into = _way(start, end, anchor)
        yield Bundle(together, lanes, out, into)


def _bundled(edges: list[Edge], places: Mapping[str, Place]) -> list[tuple[Edge, ...]]:
    joining: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    forking: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        if group := places[edge.source].group:
            joining[group, edge.target].append(edge)
        if group := places[edge.target].group:
            forking[edge.source, group].append(edge)
    left = dict.fromkeys(edges)
    found: list[tuple[Edge, ...]] = []
    for together in (*joining.values(), *forking.values()):
        present = tuple(edge for edge in together if edge in left)
        if present:
            found.append(present)
            for edge in present:
                del left[edge]
    return found + [(edge,) for edge in left]


def _way(start: Place, end: Place, anchor: int) -> tuple[tuple[str, ...], Side, Side]:
    lanes, out, into = _ways(start, end)
    shared = tuple(f"a{anchor}" if lane == "b0" else lane for lane in lanes)
    if len(shared) == 3 and shared[0] == shared[2]:  # noqa: PLR2004  gutter, channel and the same gutter again
        shared = shared[:1]
    return shared, out, into


def _ways(start: Place, end: Place) -> tuple[tuple[str, ...], Side, Side]:
    if start.row == end.row and not (start.is_open_above and end.is_open_above):
        near = _near(start, end)
        if near:
            return near
    first, out = ((), Side.TOP) if start.is_open_above else ((_right(start),), Side.RIGHT)
    if end.is_open_above:
        return (*first, CHANNEL), out, Side.TOP
    if start.row == end.row and end.column < start.column:
        return (*first, CHANNEL, _right(end)), out, Side.RIGHT
    return (*first, CHANNEL, _left(end)), out, Side.LEFT


def _near(start: Place, end: Place) -> tuple[tuple[str, ...], Side, Side] | None:
    """Neighbours need no channel."""
    if end.column == start.column:
        return (_right(start),), Side.RIGHT, Side.RIGHT
    if end.column == start.column + 1:
        return (_right(start),), Side.RIGHT, Side.LEFT
    if end.column == start.column - 1:
        return (_left(start),), Side.LEFT, Side.RIGHT
    return None


def _left(place: Place) -> str:
    return f"{'ab'[place.row]}{place.column}"


def _right(place: Place) -> str:
    return f"{'ab'[place.row]}{place.column + 1}"
