"""Outputs for people: one line a value, nested names joined by dots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studyctl.cli.console import table

if TYPE_CHECKING:
    from rich.console import RenderableType


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf with its dotted name."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from flatten(value[key], f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list):
        yield prefix, ", ".join(str(item) for item in value)
    else:
        yield prefix, "none" if value is None else str(value)


def outputs_table(outputs: Mapping[str, Any]) -> RenderableType:
    """All outputs; the one called `platform` without its name in front."""
    rows = [row for name, value in outputs.items() for row in flatten(value, "" if name == "platform" else name)]
    return table(("output", "value"), rows)
