"""Who becomes which role and what each role may use, as a picture that stands by itself: three columns and lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from studyctl.domain.policy.graph.graph import PolicyGraph
from studyctl.domain.policy.graph.reachability import Edge, How
from studyctl.domain.topology.geometry import Rect
from studyctl.domain.topology.text import fitted

_MARGIN, _HEAD = 24.0, 84.0
_HEIGHT, _GAP = 26.0, 8.0
_COLUMN, _LANE = 400.0, 150.0
_FONTS = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_SIZE = 12
_COLOURS = (("#0969da", "#58a6ff"), ("#b35900", "#f0883e"), ("#1a7f37", "#3fb950"))
"""Of principals, roles and resources, on a light and on a dark ground."""


@dataclass(frozen=True, slots=True)
class Box:
    """An end of edges in its column: 0 principals and compute, 1 roles, 2 resources."""

    name: str
    column: int
    rect: Rect


def edges_value(graph: PolicyGraph) -> list[dict[str, str]]:
    """Return the edges as plain data."""
    return [
        {"source": edge.source, "target": edge.target, "how": edge.how.value, "words": edge.words}
        for edge in graph.edges
    ]


def picture(graph: PolicyGraph, environment: str) -> str:
    """Return the picture as SVG."""
    roles = {identity.address for identity in graph.world.identities}
    boxes = _placed(graph.edges, roles)
    bottom = max((box.rect.y + box.rect.height for box in boxes.values()), default=_HEAD)
    width, height = 2 * _MARGIN + 3 * _COLUMN + 2 * _LANE, bottom + _MARGIN
    return "\n".join(_document(graph, environment, boxes, (width, height))) + "\n"


def _placed(edges: Sequence[Edge], roles: set[str]) -> Mapping[tuple[str, int], Box]:
    """Place every end in its column. Neighbours of a role stand in the order of the roles, so that few lines cross."""
    ordered = sorted(roles)
    columns: tuple[dict[str, None], ...] = ({}, dict.fromkeys(ordered), {})
    for role in ordered:
        columns[0].update({edge.source: None for edge in edges if edge.target == role and edge.source not in roles})
        columns[2].update({edge.target: None for edge in edges if edge.source == role and edge.target not in roles})
    tallest = max(map(len, columns))
    placed: dict[tuple[str, int], Box] = {}
    for column, names in enumerate(columns):
        step = tallest / max(len(names), 1)
        for number, name in enumerate(names):
            y = _HEAD + (number * step + (step - 1) / 2) * (_HEIGHT + _GAP)
            rect = Rect(_MARGIN + column * (_COLUMN + _LANE), y, _COLUMN, _HEIGHT)
            placed[name, column] = Box(name, column, rect)
    return placed


def _document(
    graph: PolicyGraph, environment: str, boxes: Mapping[tuple[str, int], Box], size: tuple[float, float]
) -> Iterator[str]:
    width, height = map(_number, size)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title description">'
    )
    yield f'<title id="title">{_escaped(environment)}: who becomes which role, and what each role may use</title>'
    yield f'<desc id="description">{_escaped("; ".join(map(str, graph.edges)))}</desc>'
    yield f"<style>{''.join(_style())}</style>"
    yield f'<rect class="ground" width="{width}" height="{height}" rx="12"/>'
    yield _text(_MARGIN, 36, environment, "name")
    for column, words in enumerate(("trusted, or runs as a role", "roles", "what they may use")):
        yield _text(_MARGIN + column * (_COLUMN + _LANE), 68, words, f"h f{column}")
    yield from _lines(graph.edges, boxes)
    for box in boxes.values():
        yield from _box(box)
    yield "</svg>"


def _style() -> Iterator[str]:
    yield f"text{{font-family:{_FONTS};font-size:{_SIZE}px;fill:#1f2328}}.name{{font-size:22px;font-weight:700}}"
    yield ".h{font-weight:600}.ground{fill:#ffffff}.card{fill:#f6f8fa;stroke:#d0d7de}"
    yield ".line{fill:none;stroke-width:1.2;stroke-opacity:0.55}.line:hover{stroke-width:3;stroke-opacity:1}"
    for number, (light, _) in enumerate(_COLOURS):
        yield f".f{number}{{fill:{light}}}.e{number}{{stroke:{light}}}"
    yield "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}"
    yield ".card{fill:#161b22;stroke:#3d444d}"
    for number, (_, dark) in enumerate(_COLOURS):
        yield f".f{number}{{fill:{dark}}}.e{number}{{stroke:{dark}}}"
    yield "}"


def _lines(edges: Iterable[Edge], boxes: Mapping[tuple[str, int], Box]) -> Iterator[str]:
    for edge in edges:
        start, end = _ends(edge, boxes)
        if start is None or end is None:
            continue
        x, y = start.rect.right, start.rect.y + _HEIGHT / 2
        to_x, to_y = end.rect.x, end.rect.y + _HEIGHT / 2
        if start.column == end.column:  # a role that becomes another one: a bow beside the column
            to_x, bend = end.rect.right, x + _LANE / 2
            path = f"M{_pair(x, y)}C{_pair(bend, y)} {_pair(bend, to_y)} {_pair(to_x, to_y)}"
        else:
            middle = (x + to_x) / 2
            path = f"M{_pair(x, y)}C{_pair(middle, y)} {_pair(middle, to_y)} {_pair(to_x, to_y)}"
        yield f'<path class="line e{end.column}" d="{path}"><title>{_escaped(str(edge))}</title></path>'


def _ends(edge: Edge, boxes: Mapping[tuple[str, int], Box]) -> tuple[Box | None, Box | None]:
    source = boxes.get((edge.source, 1)) or boxes.get((edge.source, 0))
    target = boxes.get((edge.target, 1)) or boxes.get((edge.target, 2))
    return (source if edge.how is not How.RUNS_AS else boxes.get((edge.source, 0)) or source), target


def _box(box: Box) -> Iterator[str]:
    place = box.rect
    numbers = (place.x, place.y, place.width, place.height)
    x, y, width, height = map(_number, numbers)
    yield f"<g><title>{_escaped(box.name)}</title>"
    yield f'<rect class="card" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
    yield f'<rect class="f{box.column}" x="{x}" y="{_number(place.y + 5)}" width="3" height="{_HEIGHT - 10:.0f}"/>'
    yield _text(place.x + 12, place.y + 17, fitted(box.name, _SIZE, place.width - 24), "")
    yield "</g>"


def _text(x: float, y: float, text: str, classes: str) -> str:
    return f'<text x="{_number(x)}" y="{_number(y)}" class="{classes}">{_escaped(text)}</text>'


def _pair(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escaped(text: str) -> str:
    return escape("".join(one if one in "\t\n\r" or ord(one) >= 0x20 else "\ufffd" for one in text))  # noqa: PLR2004
