"""Which track of its gutters each line takes, and at which height it leaves a box: as few crossings as can be had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from studyctl.domain.topology.geometry import Point, Rect, Side, cost, straightened
from studyctl.domain.topology.model import Edge
from studyctl.domain.topology.routes import CHANNEL, Bundle

STEP, PORT_STEP, TOP_STEP = 11.0, 14.0, 28.0
NEARLY_LEVEL, CORNER = 16.0, 6.0
MOST_BUNDLES = 12
"""With more lines the search for the best order would take longer than the picture is worth."""

Boxes = Mapping[str, tuple[Rect, tuple[float, ...]]]
_End = tuple[str, Side, int]
"""An address, the side there, and the number of the bundle."""


@dataclass
class Lanes:
    """Where the first track of each lane lies: an x for a gutter, a y for the channel."""

    starts: dict[str, float] = field(default_factory=dict)


def drawn(bundles: Sequence[Bundle], boxes: Boxes, lanes: Lanes) -> Iterator[tuple[Edge, tuple[Point, ...]]]:
    """Yield every edge with its points."""
    ports = _ports(bundles, boxes, lanes)
    order = _order(bundles)
    if len(bundles) <= MOST_BUNDLES:
        _disentangle(bundles, boxes, ports, order, lanes)
    for number, bundle in enumerate(bundles):
        yield from zip(bundle.edges, _points(number, bundle, ports, order, lanes), strict=True)


def _points(
    number: int, bundle: Bundle, ports: Mapping[_End, Point], order: Mapping[str, Sequence[int]], lanes: Lanes
) -> list[tuple[Point, ...]]:
    lines = []
    for edge in bundle.edges:
        x, y = ports[edge.source, bundle.out, number]
        end = ports[edge.target, bundle.into, number]
        points = [(x, y)]
        for lane in bundle.lanes:
            track = lanes.starts[lane] + STEP * order[lane].index(number)
            x, y = (x, track) if lane == CHANNEL else (track, y)
            points.append((x, y))
        points += [(end[0], y) if bundle.into is Side.TOP else (x, end[1]), end]
        lines.append(straightened(points))
    return lines


def _order(bundles: Sequence[Bundle]) -> dict[str, list[int]]:
    order: dict[str, list[int]] = defaultdict(list)
    for number, bundle in enumerate(bundles):
        for lane in bundle.lanes:
            order[lane].append(number)
    return order


def _disentangle(
    bundles: Sequence[Bundle], boxes: Boxes, ports: dict[_End, Point], order: dict[str, list[int]], lanes: Lanes
) -> None:
    """Exchange tracks, and heights at which lines leave groups, as long as that makes them easier to follow."""

    def price() -> int:
        return cost([_points(number, bundle, ports, order, lanes) for number, bundle in enumerate(bundles)])

    best, is_better = price(), True
    while is_better and best:
        is_better = False
        for lane in order.values():
            for one, other in combinations(range(len(lane)), 2):
                lane[one], lane[other] = lane[other], lane[one]
                if (now := price()) < best:
                    best, is_better = now, True
                else:
                    lane[one], lane[other] = lane[other], lane[one]
        for end, point in tuple(ports.items()):
            for height in _unused(end, boxes, ports):
                before, ports[end] = ports[end], (point[0], height)
                if (now := price()) < best:
                    best, is_better = now, True
                else:
                    ports[end] = before


def _unused(end: _End, boxes: Boxes, ports: Mapping[_End, Point]) -> list[float]:
    address, side, _ = end
    if side is Side.TOP:
        return []
    taken = {point[1] for (other, at, _), point in ports.items() if (other, at) == (address, side)}
    return [height for height in boxes[address][1] if height not in taken]


def _ports(bundles: Sequence[Bundle], boxes: Boxes, lanes: Lanes) -> dict[_End, Point]:
    """Give every bundle a point on each box it meets, in the order in which the other ends lie."""
    ends: dict[tuple[str, Side], dict[int, float]] = defaultdict(dict)
    for number, bundle in enumerate(bundles):
        for edge in bundle.edges:
            for here, side, there in ((edge.source, bundle.out, edge.target), (edge.target, bundle.into, edge.source)):
                ends[here, side][number] = _goal(bundle, side, boxes[there][0], lanes)
    ports: dict[_End, Point] = {}
    for (address, side), goals in ends.items():
        for number, point in zip(
            sorted(goals, key=lambda one: (goals[one], one)), _spread(boxes[address], side, goals), strict=True
        ):
            ports[address, side, number] = point
    for number, bundle in enumerate(bundles):
        if len(bundle.edges) == 1 and len(bundle.lanes) == 1:
            _level(number, bundle, ports, ends, boxes)
    return ports


def _goal(bundle: Bundle, side: Side, other: Rect, lanes: Lanes) -> float:
    if side is Side.TOP:
        gutters = [lane for lane in bundle.lanes if lane != CHANNEL]
        return lanes.starts[gutters[0]] if gutters else other.middle[0]
    return lanes.starts[CHANNEL] if CHANNEL in bundle.lanes else other.middle[1]


def _spread(box: tuple[Rect, tuple[float, ...]], side: Side, goals: Mapping[int, float]) -> list[Point]:
    rect, free = box
    count = len(goals)
    if side is Side.TOP:
        step = min(TOP_STEP, rect.width / (count + 1))
        return [(rect.middle[0] + step * (place - (count - 1) / 2), rect.y) for place in range(count)]
    x = rect.x if side is Side.LEFT else rect.right
    heights = _chosen(free, sorted(goals.values())) if len(free) >= count else []
    if not heights:
        step = min(PORT_STEP, rect.height / (count + 1))
        heights = [rect.middle[1] + step * (place - (count - 1) / 2) for place in range(count)]
    return [(x, height) for height in heights]


def _chosen(free: Sequence[float], goals: Sequence[float]) -> list[float]:
    """Return for every goal a free height near it, each once."""
    left = list(free)
    for goal in goals:
        left.remove(min(left, key=lambda height: abs(height - goal)))
    return sorted(set(free) - set(left))


def _level(
    number: int,
    bundle: Bundle,
    ports: dict[_End, Point],
    ends: Mapping[tuple[str, Side], Mapping[int, float]],
    boxes: Boxes,
) -> None:
    """Make a line straight that is nearly so, when one of its ends has no other line to keep away from."""
    edge = bundle.edges[0]
    start, end = (edge.source, bundle.out), (edge.target, bundle.into)
    here, there = ports[*start, number], ports[*end, number]
    if not 0 < abs(here[1] - there[1]) <= NEARLY_LEVEL:
        return
    for moved, old, goal in ((end, there, here), (start, here, there)):
        rect, free = boxes[moved[0]]
        if len(ends[moved]) == 1 and not free and rect.y + CORNER < goal[1] < rect.bottom - CORNER:
            ports[*moved, number] = old[0], goal[1]
            return
