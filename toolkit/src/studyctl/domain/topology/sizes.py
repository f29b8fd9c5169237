"""How big things are drawn. What a box says, and therefore its height, is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studyctl.domain.topology.facts import counted
from studyctl.domain.topology.model import Group, Node, Zone
from studyctl.domain.topology.text import fitted, width, wrapped

TITLE, SMALL, ROW_TITLE = 14.0, 11.5, 12.5
"""Font sizes of a title, of everything below it, of the title of a row."""
PADDING, ICON, INDENT = 12.0, 20.0, 40.0
LINE, HEAD = 16.0, 46.0
ROW_GAP, ROW_ONE_LINE, ROW_TWO_LINES = 6.0, 27.0, 40.0
SUPPORT_LINES = 4

COLUMN_WIDTHS = {Zone.EDGE: 222.0, Zone.PUBLIC: 222.0, Zone.PRIVATE: 238.0, Zone.DATA: 264.0, Zone.MANAGED: 320.0}
VIEWER_SIZE = (84.0, 84.0)


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a box, cut to its width. `rows` are a group's members, each with title and fact."""

    title: str
    service: str
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    row_height: float = 0.0

    @property
    def height(self) -> float:
        """The height of the box that holds it."""
        text = HEAD + LINE * (len(self.lines) + len(self.notes)) + (PADDING / 2 if self.lines or self.notes else 4.0)
        return text + (len(self.rows) * (self.row_height + ROW_GAP) + PADDING - ROW_GAP if self.rows else 0.0)


def content(item: Node | Group, room: float, *, notes: Sequence[str] = ()) -> Content:
    """Return what is written in the box of an item that is `room` wide."""
    inner = room - INDENT - PADDING
    service = " · ".join(part for part in (item.service, counted(item.resources, "resource")) if part)
    title, service = fitted(item.title, TITLE, inner, bold=True), fitted(service, SMALL, inner)
    if isinstance(item, Group):
        rows, height = _rows(item, room - 4 * PADDING)
        return Content(title, service, (), (), rows, height)
    if item.zone in (Zone.SUPPORT, Zone.NETWORK):
        lines = wrapped(", ".join(item.facts), SMALL, inner, most=2)
        said = wrapped("; ".join(notes), SMALL, inner, most=SUPPORT_LINES)
        return Content(title, service, tuple(lines), tuple(said))
    said = wrapped("; ".join(notes), SMALL, inner, most=SUPPORT_LINES)
    return Content(title, service, tuple(fitted(fact, SMALL, inner) for fact in item.facts), tuple(said))


def support_group(item: Group, room: float, notes: Sequence[str]) -> Content:
    """Return a group outside the flow as one card: its members are named, not drawn."""
    inner = room - INDENT - PADDING
    service = " · ".join(part for part in (item.service, counted(item.resources, "resource")) if part)
    names = ", ".join(member.title for member in item.members)
    return Content(
        fitted(item.title, TITLE, inner, bold=True),
        fitted(service, SMALL, inner),
        tuple(wrapped(names, SMALL, inner, most=2)),
        tuple(wrapped("; ".join(notes), SMALL, inner, most=SUPPORT_LINES)),
    )


def _rows(group: Group, room: float) -> tuple[tuple[tuple[str, str], ...], float]:
    """Title and fact side by side where all of them fit, else below each other."""
    said = [(member.title, ", ".join(member.facts)) for member in group.members]
    if all(width(title, ROW_TITLE, bold=True) + width(fact, SMALL) + PADDING <= room for title, fact in said):
        return tuple(said), ROW_ONE_LINE
    return (
        tuple((fitted(title, ROW_TITLE, room, bold=True), fitted(fact, SMALL, room)) for title, fact in said),
        ROW_TWO_LINES,
    )
