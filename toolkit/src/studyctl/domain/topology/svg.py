"""A topology as a picture that stands by itself: no script, no font, no other file; light or dark as the reader is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from xml.sax.saxutils import escape

from studyctl.domain.topology import sizes
from studyctl.domain.topology.facts import counted
from studyctl.domain.topology.geometry import Point, Rect
from studyctl.domain.topology.icons import STROKES
from studyctl.domain.topology.layout import LEGEND, MARGIN, Box, Drawing, Frame, Line, lay_out
from studyctl.domain.topology.model import Group, Icon, Topology, Zone

_ACCENTS = {
    Zone.NETWORK: ("#57606a", "#8b949e"),
    Zone.EDGE: ("#6f42c1", "#b392f0"),
    Zone.PUBLIC: ("#0969da", "#58a6ff"),
    Zone.PRIVATE: ("#b35900", "#f0883e"),
    Zone.DATA: ("#1a7f37", "#3fb950"),
    Zone.MANAGED: ("#bf3989", "#f778ba"),
    Zone.SUPPORT: ("#57606a", "#8b949e"),
}
"""The colour of a zone on a light and on a dark ground; both have enough contrast for text."""

_FONTS = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_RADIUS, _ARROW = 7.0, 7.0
_FAINT = 0.06


def svg(topology: Topology) -> str:
    """Return the picture as SVG."""
    return "\n".join(_document(topology, lay_out(topology))) + "\n"


def _document(topology: Topology, drawing: Drawing) -> Iterator[str]:
    width, height = _number(drawing.width), _number(drawing.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title description">'
    )
    yield f'<title id="title">{_escaped(topology.environment)}: what is deployed and how requests flow</title>'
    yield f'<desc id="description">{_escaped(_described(topology))}</desc>'
    yield f"<style>{''.join(_style())}</style>"
    yield f'<rect class="ground" width="{width}" height="{height}" rx="12"/>'
    yield from _heading(topology)
    for frame in drawing.frames:
        yield from _frame(frame)
    for box in drawing.boxes:
        yield from _box(box)
    for line in drawing.lines:
        yield _line(line)
    yield from _legend(drawing)
    yield "</svg>"


def _style() -> Iterator[str]:
    yield f"text{{font-family:{_FONTS};fill:#1f2328}}"
    yield ".ground{fill:#ffffff}.card{fill:#ffffff;stroke:#d0d7de}.row{fill:#f6f8fa;stroke:#d8dee4}"
    yield ".muted{fill:#59636e}.line{fill:none;stroke-width:1.8}"
    yield ".icon{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}"
    yield f".t{{font-size:{sizes.TITLE}px;font-weight:600}}.r{{font-size:{sizes.ROW_TITLE}px;font-weight:600}}"
    yield f".s{{font-size:{sizes.SMALL}px}}.h{{font-size:12px;font-weight:600;letter-spacing:.3px}}"
    yield ".name{font-size:22px;font-weight:700}"
    for number, (light, _) in enumerate(_ACCENTS.values()):
        yield f".f{number}{{fill:{light}}}.e{number}{{stroke:{light}}}"
    yield "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.card{fill:#161b22;stroke:#3d444d}"
    yield ".row{fill:#21262d;stroke:#3d444d}.muted{fill:#9198a1}"
    for number, (_, dark) in enumerate(_ACCENTS.values()):
        yield f".f{number}{{fill:{dark}}}.e{number}{{stroke:{dark}}}"
    yield "}"


def _heading(topology: Topology) -> Iterator[str]:
    yield _text(MARGIN, 38, topology.environment, "name")
    parts = (
        *topology.public_names,
        f"{counted(topology.resources, 'resource')} in {counted(len(topology.nodes), 'module')}",
    )
    yield _text(MARGIN, 57, " · ".join(parts), "s muted")


def _frame(frame: Frame) -> Iterator[str]:
    place, accent = frame.rect, _accent(frame.zone)
    if frame.zone is Zone.NETWORK:
        yield _rect(place, f"e{accent}", radius=14, extra='fill="none" stroke-width="1.3" stroke-dasharray="6 4"')
    else:
        yield _rect(place, f"f{accent} e{accent}", radius=10, extra=f'fill-opacity="{_FAINT}" stroke-opacity="0.35"')
    yield _text(place.x + 12, place.y + 20, frame.heading, f"h f{accent}")


def _box(box: Box) -> Iterator[str]:
    place, item = box.rect, box.item
    if item is None:
        yield from _viewer(place)
        return
    accent = _accent(item.zone)
    yield "<g>"
    yield f"<title>{_escaped(_tooltip(box))}</title>"
    if box.is_member:
        yield _rect(place, "row", radius=5)
        yield from _member(box)
        yield "</g>"
        return
    yield _rect(place, "card", radius=8)
    yield _rect(Rect(place.x, place.y + 8, 3, place.height - 16), f"f{accent}", radius=1.5)
    yield _icon(item.icon, place.x + sizes.PADDING, place.y + 13, accent)
    x = place.x + sizes.INDENT
    yield _text(x, place.y + 21, box.content.title, "t")
    yield _text(x, place.y + 37, box.content.service, "s muted")
    y = place.y + sizes.HEAD + 10
    for line in box.content.lines:
        yield _text(x, y, line, "s")
        y += sizes.LINE
    for note in box.content.notes:
        yield _text(x, y, note, "s muted")
        y += sizes.LINE
    yield "</g>"


def _member(box: Box) -> Iterator[str]:
    place, title, fact = box.rect, box.content.title, box.content.service
    if place.height < sizes.ROW_TWO_LINES:
        yield _text(place.x + 10, place.y + 18, title, "r")
        yield _text(place.right - 10, place.y + 18, fact, "s muted", anchor="end")
    else:
        yield _text(place.x + 10, place.y + 17, title, "r")
        yield _text(place.x + 10, place.y + 32, fact, "s muted")


def _viewer(place: Rect) -> Iterator[str]:
    yield _rect(place, "card", radius=place.width / 2)
    x, y = place.middle
    yield _icon(Icon.VIEWER, x - 10, y - 22, _accent(Zone.NETWORK))
    yield _text(x, y + 16, "Viewers", "r", anchor="middle")


def _line(line: Line) -> str:
    accent, path = _accent(line.zone), _path(line.points)
    heads = _head(line.points[-2:])
    if line.edge.goes_back:
        heads += _head(line.points[1::-1])
    return f'<path class="line e{accent}" d="{path}"/><path class="f{accent}" d="{heads}"/>'


def _legend(drawing: Drawing) -> Iterator[str]:
    y = drawing.height - LEGEND / 2 + 4
    muted, x = _accent(Zone.SUPPORT), MARGIN
    for text, both in (("requests and data go this way", False), ("sent, and taken back by whoever works on it", True)):
        points = ((x, y - 4), (x + 34, y - 4))
        heads = _head(points) + (_head(points[::-1]) if both else "")
        yield f'<path class="line e{muted}" d="{_path(points)}"/><path class="f{muted}" d="{heads}"/>'
        yield _text(x + 42, y, text, "s muted")
        x += 250
    yield _text(drawing.width - MARGIN, y, "keys, logs and guards are said in words", "s muted", anchor="end")


def _head(points: Sequence[Point]) -> str:
    """An arrow's head at the second of two points."""
    (x, y), (end_x, end_y) = points
    length = hypot(end_x - x, end_y - y) or 1.0
    along = (end_x - x) / length * _ARROW, (end_y - y) / length * _ARROW
    left = end_x - along[0] - along[1] * 0.6, end_y - along[1] + along[0] * 0.6
    right = end_x - along[0] + along[1] * 0.6, end_y - along[1] - along[0] * 0.6
    return f"M{_pair((end_x, end_y))}L{_pair(left)}L{_pair(right)}Z"


def _path(points: Sequence[Point]) -> str:
    """A line with round corners."""
    path = f"M{_pair(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_RADIUS, _distance(before, corner) / 2, _distance(corner, after) / 2)
        path += f"L{_pair(_towards(corner, before, reach))}Q{_pair(corner)} {_pair(_towards(corner, after, reach))}"
    return path + f"L{_pair(points[-1])}"


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _towards(start: Point, end: Point, reach: float) -> Point:
    share = reach / (_distance(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _tooltip(box: Box) -> str:
    item = box.item
    if item is None:
        return "Viewers"
    facts = () if isinstance(item, Group) else item.facts
    return "\n".join((item.address, *facts, counted(item.resources, "resource")))


def _described(topology: Topology) -> str:
    titles = {item.address: item.title for item in topology.items}
    titles |= {node.address: node.title for node in topology.nodes} | {"viewer": "viewers"}
    flows = "; ".join(
        f"{titles.get(edge.source, edge.source)} to {titles.get(edge.target, edge.target)}" for edge in topology.edges
    )
    return f"Requests and data flow from {flows}." if flows else "No flow between the parts is known."


def _text(x: float, y: float, text: str, classes: str, *, anchor: str = "") -> str:
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{_number(x)}" y="{_number(y)}" class="{classes}"{place}>{_escaped(text)}</text>'


def _rect(place: Rect, classes: str, *, radius: float, extra: str = "") -> str:
    numbers = (place.x, place.y, place.width, place.height, radius)
    x, y, width, height, corner = (_number(number) for number in numbers)
    return (
        f'<rect class="{classes}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}"'
        f"{' ' + extra if extra else ''}/>"
    )


def _icon(icon: Icon, x: float, y: float, accent: int) -> str:
    return f'<path class="icon e{accent}" transform="translate({_number(x)} {_number(y)})" d="{STROKES[icon]}"/>'


def _accent(zone: Zone) -> int:
    return list(_ACCENTS).index(zone)


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    """Text that may stand in XML: marked-up characters escaped, those that XML 1.0 forbids replaced."""
    return escape("".join(character if _is_allowed(character) else "�" for character in text))


def _is_allowed(character: str) -> bool:
    code = ord(character)
    return character in "\t\n\r" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000  # noqa: PLR2004
