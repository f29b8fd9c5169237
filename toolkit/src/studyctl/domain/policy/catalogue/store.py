"""The packed file of the catalogue: how it is laid out, written and read.

A line of JSON that says what is where, then one zlib-compressed JSON text a service, so that a policy about four
services costs four small reads. `scripts/refresh_action_catalogue.py` writes it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

FORMAT = 1


def pack(services: Mapping[str, Any], names: Mapping[str, Any], header: Mapping[str, Any]) -> bytes:
    """Return the file's bytes; `names` is the section that wildcards need, `header` whatever else is always read."""
    blocks: list[bytes] = []
    places: dict[str, tuple[int, int]] = {}
    start = 0
    for name, content in _sections(services, names):
        block = zlib.compress(_compact(content), 9)
        places[name] = (start, len(block))
        start += len(block)
        blocks.append(block)
    return _compact({"format": FORMAT, **header, "places": places}) + b"\n" + b"".join(blocks)


class PackedCatalogue:
    """Reads sections of a packed file on demand."""

    def __init__(self, data: bytes) -> None:
        end = data.index(b"\n")
        self.header: dict[str, Any] = json.loads(data[:end])
        if self.header["format"] != FORMAT:
            raise ValueError(f"the action catalogue has format {self.header['format']}, not {FORMAT}")
        self._blocks = memoryview(data)[end + 1 :]
        self._places: dict[str, tuple[int, int]] = self.header["places"]

    def section(self, name: str) -> Any:
        """Return a section's content, None where there is none: a service's prefix, or "" for the names."""
        place = self._places.get(name)
        if place is None:
            return None
        start, length = place
        return json.loads(zlib.decompress(self._blocks[start : start + length]))


def _sections(services: Mapping[str, Any], names: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    yield "", names
    yield from sorted(services.items())


def _compact(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
