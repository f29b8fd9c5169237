"""A picture of an environment from its plan: what stands where, and how requests and data flow through it."""

from studyctl.domain.topology.mermaid import mermaid
from studyctl.domain.topology.model import VIEWER, Edge, Footnote, Group, Node, Topology, Zone
from studyctl.domain.topology.parse import topology_of
from studyctl.domain.topology.svg import svg

__all__ = ["VIEWER", "Edge", "Footnote", "Group", "Node", "Topology", "Zone", "mermaid", "svg", "topology_of"]
