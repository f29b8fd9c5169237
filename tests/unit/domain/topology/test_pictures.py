"""Whatever a topology holds, its pictures are well-formed, nothing overlaps, and no line runs through a box."""

from __future__ import annotations

import json
import re
from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from studyctl.domain.topology import VIEWER, Edge, Footnote, Group, Node, Topology, Zone, mermaid, svg
from studyctl.domain.topology.layout import Box, lay_out
from studyctl.domain.topology.model import Icon
from studyctl.domain.topology.text import fitted, width

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["<script>alert(1)</script>", "]]>\"'&amp;", 'a"]\nend\nclick n0 href', "\x00\x1b\ud800", "漢" * 30, "m" * 300]
    ),
)
"""Any text, and some that would break out of XML or of Mermaid."""


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    items: list[Node | Group] = []
    for number in range(draw(st.integers(0, 8))):
        zone, icon = draw(st.sampled_from(Zone)), draw(st.sampled_from(Icon))
        address = f"module.m{number}"
        if draw(st.booleans()):
            members = tuple(draw(nodes(f'{address}["{key}"]', zone, icon)) for key in range(draw(st.integers(2, 4))))
            items.append(Group(address, zone, icon, draw(HOSTILE), draw(HOSTILE), members))
        else:
            items.append(draw(nodes(address, zone, icon)))
    ends = [VIEWER, *(item.address for item in items)]
    ends += [member.address for item in items if isinstance(item, Group) for member in item.members]
    edges = draw(st.lists(st.builds(Edge, st.sampled_from(ends), st.sampled_from(ends), st.booleans()), max_size=12))
    notes = draw(st.lists(st.builds(Footnote, st.sampled_from(ends), HOSTILE, st.tuples(HOSTILE)), max_size=4))
    apart = tuple(dict.fromkeys(edge for edge in edges if edge.source != edge.target))
    return Topology(draw(HOSTILE), tuple(items), apart, tuple(notes), tuple(draw(st.lists(HOSTILE, max_size=2))))


def nodes(address: str, zone: Zone, icon: Icon) -> st.SearchStrategy[Node]:
    facts = st.lists(HOSTILE, max_size=2).map(tuple)
    return st.builds(
        Node,
        address=st.just(address),
        call=HOSTILE,
        key=HOSTILE,
        zone=st.just(zone),
        icon=st.just(icon),
        title=HOSTILE,
        service=HOSTILE,
        facts=facts,
        resources=st.integers(0, 500),
    )


def family(one: Box, other: Box) -> bool:
    """Whether one is a member of the other, which is drawn around it."""
    group, member = (one, other) if other.is_member else (other, one)
    return (
        member.is_member
        and isinstance(group.item, Group)
        and member.item in group.item.members
        and group.rect.contains(member.rect)
    )


@given(topologies())
@settings(max_examples=20)
def test_a_drawing_is_well_formed_and_holds_no_script(topology: Topology) -> None:
    root = ElementTree.fromstring(svg(topology))  # noqa: S314  our own
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
    assert root.findtext(f"{SVG}title") and root.findtext(f"{SVG}desc")
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)


@given(topologies())
@settings(max_examples=20)
def test_no_box_overlaps_another_and_all_are_on_the_page(topology: Topology) -> None:
    drawing = lay_out(topology)
    for one, other in combinations(drawing.boxes, 2):
        assert family(one, other) or not one.rect.overlaps(other.rect), (one.address, other.address)
    for box in drawing.boxes:
        assert box.rect.x >= 0 <= box.rect.y
        assert box.rect.right <= drawing.width and box.rect.bottom <= drawing.height


@given(topologies())
@settings(max_examples=20)
def test_everything_is_drawn(topology: Topology) -> None:
    drawing = lay_out(topology)
    drawn = {box.address for box in drawing.boxes}
    missing = [item for item in topology.items if item.address not in drawn]
    assert len(missing) == sum(frame.zone is Zone.NETWORK for frame in drawing.frames)
    assert all(item.zone is Zone.NETWORK for item in missing)


@given(topologies())
@settings(max_examples=20)
def test_no_line_runs_through_a_box(topology: Topology) -> None:
    drawing = lay_out(topology)
    for line in drawing.lines:
        ends = {line.edge.source, line.edge.target}
        around = {i.address for i in topology.items if isinstance(i, Group) and ends & {m.address for m in i.members}}
        for start, end in zip(line.points, line.points[1:], strict=False):
            assert start[0] == end[0] or start[1] == end[1]
            for box in drawing.boxes:
                if box.address not in ends | around:
                    assert not box.rect.is_cut_by(start, end), (line.edge, box.address)


@given(topologies())
@settings(max_examples=20)
def test_mermaid_keeps_hostile_text_inside_its_label(topology: Topology) -> None:
    names = r"n\d+|zone_[a-z]+"
    label = r'\["(?:[\w .,:/·×–#;-]|<br/>)*"\]'  # noqa: RUF001
    line = re.compile(rf"flowchart LR|\s+(?:end|{VIEWER_LINE}|(?:subgraph )?(?:{names}){label}|n\d+ <?--> n\d+)")
    for one in mermaid(topology).removesuffix("\n").split("\n"):
        assert line.fullmatch(one), one


@given(topologies())
@settings(max_examples=20)
def test_data_is_json(topology: Topology) -> None:
    assert json.loads(json.dumps(topology.to_json()))["resources"] == topology.resources


@given(HOSTILE, st.floats(20, 300))
def test_cut_text_fits(text: str, room: float) -> None:
    assert width(fitted(text, 12, room), 12) <= room


VIEWER_LINE = r'n\d+\(\["Viewers"\]\)'
