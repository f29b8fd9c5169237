"""What the plan says will exist: module instances with their resources. Only this knows `planned_values`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource or data source; unknown values are absent or None."""

    address: str
    type: str
    name: str
    index: str
    is_managed: bool
    values: Mapping[str, Any]

    def text(self, *path: str | int) -> str:
        """Return the value at `path` as text; empty when it is unknown."""
        value = self.at(*path)
        return "" if value is None or isinstance(value, (dict, list)) else str(value)

    def number(self, *path: str | int) -> int:
        """Return the value at `path` as a whole number; 0 when it is unknown or none."""
        try:
            return int(float(self.text(*path) or 0))
        except (ValueError, OverflowError):
            return 0

    def at(self, *path: str | int) -> Any:
        """Return the value at `path`, or None."""
        value: Any = self.values
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def all(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the blocks called `name`."""
        return mappings(self.values.get(name))


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a module that the root calls, with the resources of the modules it calls itself."""

    address: str
    call: str
    key: str
    resources: tuple[Resource, ...]

    @property
    def managed(self) -> tuple[Resource, ...]:
        """What it makes, without what it only reads."""
        return tuple(resource for resource in self.resources if resource.is_managed)

    def of(self, resource_type: str) -> tuple[Resource, ...]:
        """Return what it makes of one type."""
        return tuple(resource for resource in self.managed if resource.type == resource_type)

    def has(self, resource_type: str) -> bool:
        """Whether it makes something of that type."""
        return bool(self.of(resource_type))


def instances(document: Mapping[str, Any]) -> tuple[Instance, ...]:
    """Return the module instances below the root, by address."""
    read = {str(raw.get("address", "")): _data(raw) for raw in mappings(_prior(document).get("child_modules"))}
    found = [_instance(raw, read) for raw in mappings(_root(document, "planned_values").get("child_modules"))]
    return tuple(sorted((one for one in found if one.managed), key=lambda one: one.address))


def root_resources(document: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Return the root's own resources. Data that is read while planning stands in the prior state."""
    read = [one for one in _resources(_prior(document)) if not one.is_managed]
    planned = _resources(_root(document, "planned_values"))
    return tuple({one.address: one for one in (*read, *planned)}.values())


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the mapping that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return the mappings in the list that `value` is, or none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _root(document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    return mapping(mapping(document.get(section)).get("root_module"))


def _prior(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return _root(mapping(document.get("prior_state")), "values")


def _instance(raw: Mapping[str, Any], read: Mapping[str, Sequence[Resource]]) -> Instance:
    address = str(raw.get("address", ""))
    call, bracket, key = address.removeprefix("module.").partition("[")
    key = key.removesuffix("]").strip('"') if bracket else ""
    return Instance(address, call, key, (*read.get(address, ()), *_below(raw)))


def _data(raw: Mapping[str, Any]) -> Sequence[Resource]:
    return [one for one in _below(raw) if not one.is_managed]


def _below(raw: Mapping[str, Any]) -> Iterator[Resource]:
    yield from _resources(raw)
    for child in mappings(raw.get("child_modules")):
        yield from _below(child)


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for raw in mappings(module.get("resources")):
        yield Resource(
            address=str(raw.get("address", "")),
            type=str(raw.get("type", "")),
            name=str(raw.get("name", "")),
            index=str(raw.get("index", "")),
            is_managed=raw.get("mode", "managed") == "managed",
            values=mapping(raw.get("values")),
        )
