"""Rectangles and lines. The unit is a pixel at full size; y grows downwards."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
CROSSING, OVERLAP = 1, 25
"""What a crossing of two lines costs, and what it costs when one hides a part of the other."""
_SAME = 0.5


class Side(enum.Enum):
    """Where a line meets a box."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Rect) -> bool:
        """Whether they share more than a border."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def contains(self, other: Rect) -> bool:
        """Whether the other lies inside, borders included."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def is_cut_by(self, start: Point, end: Point) -> bool:
        """Whether an upright or level line runs through its inside."""
        low, high = min(start[0], end[0]), max(start[0], end[0])
        top, bottom = min(start[1], end[1]), max(start[1], end[1])
        return low < self.right and high > self.x and top < self.bottom and bottom > self.y


def straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the line without points that it passes anyway."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and any(kept[-2][axis] == kept[-1][axis] == point[axis] for axis in (0, 1)):
            kept[-1] = point
        else:
            kept.append(point)
    return tuple(kept)


def cost(lines: Sequence[Sequence[Sequence[Point]]]) -> int:
    """Return how hard bundles of lines are to follow; lines of one bundle may lie upon each other."""
    pieces = [[piece for line in bundle for piece in _pieces(line)] for bundle in lines]
    return sum(
        _conflict(one, other)
        for place, bundle in enumerate(pieces)
        for others in pieces[place + 1 :]
        for one in bundle
        for other in others
    )


def _pieces(line: Sequence[Point]) -> Iterator[tuple[int, float, float, float]]:
    """Axis along which the piece runs, its place on the other axis, where it begins and ends."""
    for start, end in pairwise(line):
        axis = 0 if start[1] == end[1] else 1
        yield axis, start[1 - axis], min(start[axis], end[axis]), max(start[axis], end[axis])


def _conflict(one: tuple[int, float, float, float], other: tuple[int, float, float, float]) -> int:
    if one[0] == other[0]:
        is_upon = abs(one[1] - other[1]) < 4 * _SAME and one[2] < other[3] - _SAME and other[2] < one[3] - _SAME
        return OVERLAP if is_upon else 0
    return CROSSING if other[2] < one[1] < other[3] and one[2] < other[1] < one[3] else 0
