"""Small drawings, one a sort of node, as strokes in a square of 20 by 20."""

from __future__ import annotations

from collections.abc import Mapping

from studyctl.domain.topology.model import Icon

STROKES: Mapping[Icon, str] = {
    Icon.GLOBE: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16M2 10h16M10 2c-5 5-5 11 0 16M10 2c5 5 5 11 0 16",
    Icon.BALANCER: "M2 10h6M8 10l6-6h4M8 10l6 6h4M8 10h10",
    Icon.CONTAINER: "M10 2l7 4v8l-7 4l-7-4v-8zM3 6l7 4l7-4M10 10v8",
    Icon.DATABASE: "M3 5a7 3 0 1 0 14 0a7 3 0 1 0-14 0M3 5v10a7 3 0 0 0 14 0v-10M3 10a7 3 0 0 0 14 0",
    Icon.CACHE: "M11 2l-7 10h5l-1 6l8-10h-6z",
    Icon.SERVER: "M3 3h14v6h-14zM3 11h14v6h-14zM6 6h2M6 14h2",
    Icon.QUEUE: "M2 5h4v10h-4zM8 5h4v10h-4zM14 10h4M16 8l2 2l-2 2",
    Icon.BUCKET: "M3 5l2 12h10l2-12M3 5a7 2.5 0 1 0 14 0a7 2.5 0 1 0-14 0",
    Icon.SHIELD: "M10 2l7 3v5c0 4-3 7-7 8c-4-1-7-4-7-8v-5zM7 10l2 2l4-4",
    Icon.KEY: "M2 10a4 4 0 1 0 8 0a4 4 0 1 0-8 0M10 10h8v4M14 10v3",
    Icon.BELL: "M4 15c2-2 1-5 2-8a4 4 0 0 1 8 0c1 3 0 6 2 8zM8 15a2 2 0 0 0 4 0",
    Icon.COIN: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16M13 7c-1-2-6-2-6 0.5s6 2.5 6 5s-5 2.500-6 0.500M10 4v12",
    Icon.LOG: "M4 2h9l3 3v13h-12zM7 8h6M7 11h6M7 14h4",
    Icon.BOX: "M3 4h14v12h-14zM3 8h14M8 4v4",
    Icon.VIEWER: "M10 3a3.500 3.500 0 1 0 0 7a3.500 3.500 0 1 0 0-7M3 18c0-8 14-8 14 0",
}
