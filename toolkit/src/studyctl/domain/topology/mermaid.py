"""A topology as a Mermaid flowchart, for places that draw one from text."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.topology.facts import counted
from studyctl.domain.topology.model import VIEWER, Group, Node, Topology, Zone

_INDENT = "    "


def mermaid(topology: Topology) -> str:
    """Return the flowchart as text."""
    return "\n".join(_lines(topology)) + "\n"


def _lines(topology: Topology) -> Iterator[str]:
    names = _names(topology)
    yield "flowchart LR"
    if any(VIEWER in (edge.source, edge.target) for edge in topology.edges):
        yield f'{_INDENT}{names[VIEWER]}(["Viewers"])'
    for zone in Zone:
        if items := topology.of(zone):
            yield f'{_INDENT}subgraph zone_{zone.name.lower()}["{_quoted(zone.value)}"]'
            for item in items:
                yield from _item(item, topology, names)
            yield f"{_INDENT}end"
    for edge in topology.edges:
        if edge.source in names and edge.target in names:
            yield f"{_INDENT}{names[edge.source]} {'<-->' if edge.goes_back else '-->'} {names[edge.target]}"


def _item(item: Node | Group, topology: Topology, names: dict[str, str]) -> Iterator[str]:
    if not isinstance(item, Group):
        said = (*_service(item), *item.facts, *topology.footnotes_of(item.address))
        yield f"{_INDENT * 2}{names[item.address]}{_label(item.title, said)}"
        return
    heading = " · ".join((item.title, *_service(item), *topology.footnotes_of(item.address)))
    yield f'{_INDENT * 2}subgraph {names[item.address]}["{_quoted(heading)}"]'
    for member in item.members:
        yield f"{_INDENT * 3}{names[member.address]}{_label(member.title, member.facts)}"
    yield f"{_INDENT * 2}end"


def _service(item: Node | Group) -> tuple[str, ...]:
    service = (item.service,) if item.service else ()
    return (*service, counted(item.resources, "resource"))


def _label(title: str, said: tuple[str, ...]) -> str:
    return f'["{"<br/>".join(_quoted(text) for text in (title, *said))}"]'


def _names(topology: Topology) -> dict[str, str]:
    """Return an identifier for every address: Mermaid gives no way to quote one."""
    addresses = dict.fromkeys(
        (VIEWER, *(item.address for item in topology.items), *(node.address for node in topology.nodes))
    )
    return {address: f"n{number}" for number, address in enumerate(addresses)}


def _quoted(text: str) -> str:
    """Text that Mermaid shows as it is: everything but letters, digits and plain punctuation as its number."""
    return "".join(one if one.isalnum() or one in " .,:/·×–-_" else f"#{ord(one)};" for one in " ".join(text.split()))  # noqa: RUF001
