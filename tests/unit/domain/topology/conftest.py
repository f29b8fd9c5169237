"""Plans as terraform would write them, as small as a case needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

PlanBuilder = Callable[..., Mapping[str, Any]]


@pytest.fixture
def plan() -> PlanBuilder:
    """Builds a plan: `modules` by address with (type, values) or (type, values, key); `calls` with references."""

    def build(
        modules: Mapping[str, Sequence[tuple[Any, ...]]],
        calls: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
        *,
        root: Sequence[Mapping[str, Any]] = (),
        records: Mapping[str, Sequence[str]] | None = None,
    ) -> Mapping[str, Any]:
        children = [{"address": address, "resources": [*map(_resource, made)]} for address, made in modules.items()]
        called = {
            name: {"expressions": {argument: {"references": list(found)} for argument, found in arguments.items()}}
            for name, arguments in (calls or {}).items()
        }
        resources = [
            {"address": address, "expressions": {"alias": [{"name": {"references": list(found)}}]}}
            for address, found in (records or {}).items()
        ]
        return {
            "planned_values": {"root_module": {"child_modules": children, "resources": list(root)}},
            "configuration": {"root_module": {"module_calls": called, "resources": resources}},
        }

    return build


def _resource(made: tuple[Any, ...]) -> Mapping[str, Any]:
    kind, values, *key = made
    index = {"index": key[0]} if key else {}
    return {"address": f"{kind}.main", "mode": "managed", "type": kind, "name": "main", "values": values, **index}
