"""The values of a topology: what an environment is made of, and how requests and data flow through it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VIEWER = "viewer"
"""The end of an arrow that is not in the environment: whoever calls its public name."""


class Zone(enum.Enum):
    """Where something stands, in the order a request meets it. The value is the heading."""

    NETWORK = "Network"
    EDGE = "Edge"
    PUBLIC = "Public"
    PRIVATE = "Private compute"
    DATA = "Data"
    MANAGED = "Queues and objects"
    SUPPORT = "Security and observability"


class Icon(enum.Enum):
    """What a node looks like at a glance."""

    GLOBE = "globe"
    BALANCER = "balancer"
    CONTAINER = "container"
    DATABASE = "database"
    CACHE = "cache"
    SERVER = "server"
    QUEUE = "queue"
    BUCKET = "bucket"
    SHIELD = "shield"
    KEY = "key"
    BELL = "bell"
    COIN = "coin"
    LOG = "log"
    BOX = "box"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Node:
    """One instance of a module. `call` is its name in the composition; `key` its for_each key, empty without one."""

    address: str
    call: str
    key: str
    zone: Zone
    icon: Icon
    title: str
    service: str
    facts: tuple[str, ...]
    resources: int


@dataclass(frozen=True, slots=True)
class Group:
    """Several instances of one module, drawn as one box with a row for each."""

    address: str
    zone: Zone
    icon: Icon
    title: str
    service: str
    members: tuple[Node, ...]

    @property
    def resources(self) -> int:
        """The resources of all members."""
        return sum(member.resources for member in self.members)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Requests or data go from `source` to `target`: addresses of nodes or of groups, or VIEWER."""

    source: str
    target: str
    goes_back: bool = False
    """Things also come back by themselves, as messages do that were sent and are then taken."""


@dataclass(frozen=True, slots=True)
class Footnote:
    """What is said in words because an arrow would only be in the way: a key encrypts, an alarm watches."""

    node: str
    verb: str
    others: tuple[str, ...]

    @property
    def text(self) -> str:
        """One sentence part, such as `encrypts database and cache`."""
        return f"{self.verb} {listed(self.others)}"


@dataclass(frozen=True, slots=True)
class Topology:
    """One environment. `items` are in drawing order; `public_names` are the host names viewers call."""

    environment: str
    items: tuple[Node | Group, ...]
    edges: tuple[Edge, ...]
    footnotes: tuple[Footnote, ...]
    public_names: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every module instance, members of groups included."""
        return tuple(node for item in self.items for node in (item.members if isinstance(item, Group) else (item,)))

    @property
    def resources(self) -> int:
        """How many resources the modules have."""
        return sum(item.resources for item in self.items)

    def of(self, zone: Zone) -> tuple[Node | Group, ...]:
        """Return what stands in a zone."""
        return tuple(item for item in self.items if item.zone is zone)

    def footnotes_of(self, address: str) -> tuple[str, ...]:
        """Return what is said about a node in words."""
        return tuple(footnote.text for footnote in self.footnotes if footnote.node == address)

    def to_json(self) -> Mapping[str, Any]:
        """Plain values: nodes, edges, footnotes."""
        return {
            "environment": self.environment,
            "public_names": list(self.public_names),
            "resources": self.resources,
            "nodes": [{**asdict(node), "zone": node.zone.value, "icon": node.icon.value} for node in self.nodes],
            "groups": [
                {"address": item.address, "title": item.title, "members": [member.address for member in item.members]}
                for item in self.items
                if isinstance(item, Group)
            ],
            "edges": [asdict(edge) for edge in self.edges],
            "footnotes": [asdict(footnote) for footnote in self.footnotes],
        }


def listed(names: tuple[str, ...]) -> str:
    """Return `a, b and c`."""
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last
