"""Where everything is drawn: columns in the order a request meets them, what is managed below, the rest in a band.

Between columns run gutters and between the two rows a channel. Lines run nowhere else, so none runs through a box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from studyctl.domain.topology import sizes
from studyctl.domain.topology.geometry import Point, Rect, Side
from studyctl.domain.topology.model import VIEWER, Edge, Group, Node, Topology, Zone
from studyctl.domain.topology.routes import Bundle, Place, bundles
from studyctl.domain.topology.sizes import Content
from studyctl.domain.topology.tracks import Lanes, drawn

MARGIN, TOP = 22.0, 72.0
ZONE_PADDING, ZONE_HEAD = 12.0, 30.0
FRAME_PADDING, FRAME_HEAD = 14.0, 32.0
GAP, TRACK = 17.0, 11.0
STACK_GAP, ROW_SPACE = 14.0, 22.0
MOST_COLUMNS_BELOW, WIDEST_BELOW = 3, 460.0
SUPPORT_COLUMNS, SUPPORT_WIDTH = 4, 250.0
LEGEND = 34.0
INSIDE = (Zone.PUBLIC, Zone.PRIVATE, Zone.DATA)
ABOVE = (Zone.EDGE, *INSIDE)


@dataclass(frozen=True, slots=True)
class Box:
    """One thing drawn as a box; members of a group lie inside the group's box."""

    address: str
    rect: Rect
    item: Node | Group | None
    content: Content
    is_member: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A border with a heading around the boxes of a zone, or around a network."""

    rect: Rect
    heading: str
    zone: Zone


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as it is drawn."""

    edge: Edge
    points: tuple[Point, ...]
    zone: Zone


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything with its place."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lay_out(topology: Topology) -> Drawing:
    """Return the places of everything. Boxes never overlap, unless one is a member inside its group."""
    return _Layout(topology).drawing()


@dataclass
class _Column:
    zone: Zone | None
    items: list[Node | Group | None]
    width: float
    x: float = 0.0
    contents: list[Content] = field(default_factory=list)

    @property
    def height(self) -> float:
        gaps = STACK_GAP * (len(self.items) - 1)
        return sum(sizes.VIEWER_SIZE[1] if item is None else c.height for item, c in self.filled) + gaps

    @property
    def filled(self) -> list[tuple[Node | Group | None, Content]]:
        return list(zip(self.items, self.contents, strict=True))


_NO_TEXT = Content("", "", ())


class _Layout:
    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._above = self._columns_above()
        self._below = self._columns_below()
        inside = [place for place, column in enumerate(self._above) if column.zone in INSIDE]
        self._network = next(iter(topology.of(Zone.NETWORK)), None) if inside else None
        self._framed = (inside[0], inside[-1]) if self._network else (-1, -1)
        self._anchor = inside[0] if inside else min(1, len(self._above))
        self._bundles = tuple(bundles(topology, self._places(), anchor=self._anchor))
        self._boxes: list[Box] = []
        self._frames: list[Frame] = []
        self._lanes = Lanes()

    def drawing(self) -> Drawing:
        right = self._set_columns()
        bottom = self._draw_above()
        right = max(right, self._set_below())
        bottom = self._draw_below(bottom)
        width = max(right + MARGIN, 2 * MARGIN + 2 * SUPPORT_WIDTH)
        height = self._draw_support(bottom, width) + LEGEND
        rects = {box.address: box for box in self._boxes}
        lines = tuple(
            Line(edge, points, self._zone(edge)) for edge, points in drawn(self._bundles, rects_of(rects), self._lanes)
        )
        return Drawing(width, height, tuple(self._frames), tuple(self._boxes), lines)

    def _columns_above(self) -> list[_Column]:
        columns = [
            _Column(zone, list(items), sizes.COLUMN_WIDTHS[zone])
            for zone in ABOVE
            if (items := self._topology.of(zone))
        ]
        if any(VIEWER in (edge.source, edge.target) for edge in self._topology.edges):
            columns.insert(0, _Column(None, [None], sizes.VIEWER_SIZE[0]))
        return columns

    def _columns_below(self) -> list[_Column]:
        items = sorted(self._topology.of(Zone.MANAGED), key=self._is_fetched_from_outside, reverse=True)
        count = min(len(items), MOST_COLUMNS_BELOW)
        return [_Column(Zone.MANAGED, list(items[place::count]), 0.0) for place in range(count)]

    def _is_fetched_from_outside(self, item: Node | Group) -> bool:
        """Whether a line comes from the left of everything inside the network."""
        outside = {node.address for node in self._topology.nodes if node.zone is Zone.EDGE}
        own = {item.address, *(member.address for member in _members(item))}
        return any(edge.source in outside and edge.target in own for edge in self._topology.edges)

    def _places(self) -> dict[str, Place]:
        places: dict[str, Place] = {}
        for row, columns in enumerate((self._above, self._below)):
            for number, column in enumerate(columns):
                for depth, item in enumerate(column.items):
                    address = item.address if item else VIEWER
                    places[address] = Place(row, number, is_top=depth == 0, group="")
                    for member in _members(item):
                        places[member.address] = Place(row, number, is_top=False, group=address)
        return places

    def _tracks(self, lane: str) -> int:
        return sum(lane in bundle.lanes for bundle in self._bundles)

    def _gutter(self, lane: str, x: float, *, is_outer: bool) -> float:
        """Give a gutter its tracks from x on, and return the x behind it."""
        count = self._tracks(lane)
        if not count:
            return x if is_outer else x + 2 * GAP
        self._lanes.starts[lane] = x + GAP
        return x + 2 * GAP + (count - 1) * TRACK

    def _set_columns(self) -> float:
        x = self._gutter("a0", MARGIN, is_outer=True)
        for number, column in enumerate(self._above):
            padding = ZONE_PADDING if column.zone else 0.0
            x += padding + (FRAME_PADDING if number == self._framed[0] else 0.0)
            column.x = x
            x += column.width + padding + (FRAME_PADDING if number == self._framed[1] else 0.0)
            x = self._gutter(f"a{number + 1}", x, is_outer=number == len(self._above) - 1)
            column.contents = [self._content(item, column.width) for item in column.items]
        return x

    def _draw_above(self) -> float:
        """Draw the upper row and return the y below it."""
        if not self._above:
            return TOP
        top = TOP + (FRAME_HEAD if self._network else 0.0)
        height = max(column.height for column in self._above)
        for column in self._above:
            if column.zone:
                self._frame(column.x, top, column.width, height, column.zone)
                self._stack(column, top + ZONE_HEAD + (height - column.height) / 2)
        for column in self._above:
            if not column.zone:
                self._stack(column, self._beside_entrance(top + ZONE_HEAD, height))
        bottom = top + ZONE_HEAD + height + ZONE_PADDING
        if not self._network:
            return bottom
        first, last = (self._above[number] for number in self._framed)
        left = first.x - ZONE_PADDING - FRAME_PADDING
        right = last.x + last.width + ZONE_PADDING + FRAME_PADDING
        heading = " · ".join(
            (self._network.service, *(() if isinstance(self._network, Group) else self._network.facts))
        )
        around = Rect(left, TOP, right - left, bottom + FRAME_PADDING - TOP)
        self._frames.insert(0, Frame(around, heading, Zone.NETWORK))
        return around.bottom

    def _beside_entrance(self, top: float, height: float) -> float:
        """Return the y at which viewers stand level with what they call, or in the middle."""
        entrances = {edge.target for edge in self._topology.edges if edge.source == VIEWER}
        middles = [box.rect.middle[1] for box in self._boxes if box.address in entrances]
        middle = middles[0] if len(middles) == 1 else top + height / 2
        own = sizes.VIEWER_SIZE[1]
        return min(max(middle - own / 2, top), top + height - own)

    def _set_below(self) -> float:
        """Set the lower row's columns under the network, as wide as it, and return the x behind them."""
        if not self._below:
            return 0.0
        count = len(self._below)
        if self._network:
            left, room = self._frames[0].rect.x, self._frames[0].rect.width
        else:
            left = self._above[self._anchor].x - ZONE_PADDING if self._anchor < len(self._above) else self._left_alone()
            room = 0.0
        gutters = [2 * GAP + max(0, self._tracks(f"b{number}") - 1) * TRACK for number in range(1, count)]
        share = (room - 2 * ZONE_PADDING - sum(gutters)) / count
        x = left + ZONE_PADDING
        for number, column in enumerate(self._below):
            column.width = min(max(share, sizes.COLUMN_WIDTHS[Zone.MANAGED]), WIDEST_BELOW)
            column.x = x
            x += column.width + (ZONE_PADDING if number == count - 1 else 0.0)
            x = self._gutter(f"b{number + 1}", x, is_outer=number == count - 1)
            column.contents = [self._content(item, column.width) for item in column.items]
        return x

    def _left_alone(self) -> float:
        """Where the lower row begins when nothing stands above its left end."""
        return max((column.x + column.width for column in self._above), default=MARGIN) + (
            2 * GAP + self._tracks(f"a{self._anchor}") * TRACK if self._tracks(f"a{self._anchor}") else 0.0
        )

    def _draw_below(self, bottom: float) -> float:
        """Draw channel and lower row, and return the y below them."""
        count = self._tracks("channel")
        self._lanes.starts["channel"] = bottom + GAP
        top = bottom + (2 * GAP + (count - 1) * TRACK if count else ROW_SPACE)
        if not self._below:
            return top if count else bottom
        height = max(column.height for column in self._below)
        for column in self._below:
            self._stack(column, top + ZONE_HEAD)
        first, last = self._below[0], self._below[-1]
        self._frame(first.x, top, last.x + last.width - first.x, height, Zone.MANAGED)
        return top + ZONE_HEAD + height + ZONE_PADDING

    def _draw_support(self, bottom: float, width: float) -> float:
        """Draw the band of what no line leads to, row by row, and return the y below it."""
        items = [
            *self._topology.of(Zone.SUPPORT),
            *(one for one in self._topology.of(Zone.NETWORK) if one is not self._network),
        ]
        if not items:
            return bottom
        room = width - 2 * MARGIN - 2 * ZONE_PADDING
        columns = min(max(1, int(room // SUPPORT_WIDTH)), SUPPORT_COLUMNS, len(items))
        each = (room - STACK_GAP * (columns - 1)) / columns
        top = bottom + ROW_SPACE
        y = top + ZONE_HEAD
        for start in range(0, len(items), columns):
            row = [(item, self._support(item, each)) for item in items[start : start + columns]]
            height = max(text.height for _, text in row)
            for number, (item, text) in enumerate(row):
                rect = Rect(MARGIN + ZONE_PADDING + number * (each + STACK_GAP), y, each, height)
                self._boxes.append(Box(item.address, rect, item, text))
            y += height + STACK_GAP
        self._frame(MARGIN + ZONE_PADDING, top, room, y - STACK_GAP - top - ZONE_HEAD, Zone.SUPPORT)
        return y - STACK_GAP + ZONE_PADDING

    def _content(self, item: Node | Group | None, room: float) -> Content:
        return sizes.content(item, room, notes=self._topology.footnotes_of(item.address)) if item else _NO_TEXT

    def _support(self, item: Node | Group, room: float) -> Content:
        if isinstance(item, Group):
            return sizes.support_group(item, room, self._topology.footnotes_of(item.address))
        return self._content(item, room)

    def _frame(self, x: float, top: float, width: float, height: float, zone: Zone) -> None:
        rect = Rect(x - ZONE_PADDING, top, width + 2 * ZONE_PADDING, ZONE_HEAD + height + ZONE_PADDING)
        self._frames.append(Frame(rect, zone.value, zone))

    def _stack(self, column: _Column, y: float) -> None:
        for item, text in column.filled:
            height = text.height if item else sizes.VIEWER_SIZE[1]
            self._boxes.append(
                Box(item.address if item else VIEWER, Rect(column.x, y, column.width, height), item, text)
            )
            self._boxes += _rows(item, text, Rect(column.x, y, column.width, height))
            y += height + STACK_GAP

    def _zone(self, edge: Edge) -> Zone:
        zones = {node.address: node.zone for node in self._topology.nodes}
        zones |= {item.address: item.zone for item in self._topology.items}
        return zones.get(edge.target, zones.get(edge.source, Zone.SUPPORT))


def rects_of(boxes: dict[str, Box]) -> dict[str, tuple[Rect, tuple[float, ...]]]:
    """Return for every box its place and the heights at which a line of its own may leave it at the side."""
    return {address: (box.rect, tuple(_free_heights(box))) for address, box in boxes.items()}


def _free_heights(box: Box) -> Iterator[float]:
    """A group's own lines leave it beside its heading or between its rows; its members' leave rows in the middle."""
    if not box.content.rows:
        return
    yield from (box.rect.y + offset for offset in (11.0, 23.0, 35.0))
    step = box.content.row_height + sizes.ROW_GAP
    for number in range(len(box.content.rows)):
        yield box.rect.y + sizes.HEAD + 1.0 + number * step


def _rows(item: Node | Group | None, text: Content, around: Rect) -> Iterator[Box]:
    y = around.y + sizes.HEAD + 4.0
    for member, row in zip(_members(item), text.rows, strict=False):
        rect = Rect(around.x + sizes.PADDING, y, around.width - 2 * sizes.PADDING, text.row_height)
        yield Box(member.address, rect, member, Content(row[0], row[1], ()), is_member=True)
        y += text.row_height + sizes.ROW_GAP


def _members(item: Node | Group | None) -> Sequence[Node]:
    return item.members if isinstance(item, Group) else ()


__all__ = ["Box", "Bundle", "Drawing", "Frame", "Line", "Side", "lay_out"]
