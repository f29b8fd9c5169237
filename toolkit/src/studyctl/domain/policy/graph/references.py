"""Whom an expression of the code means: followed through variables, outputs and repetitions to resources of the plan.

Terraform's JSON holds the names that an expression refers to, not the expression; of locals and of blocks that
`dynamic` makes it holds nothing. What cannot be followed is said to be so, never left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.graph.resources import Json, Key, ModuleInstance, Plan, PlannedResource, mapping

MAX_DEPTH = 24
_RESOURCE = re.compile(r'(data\.)?([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]+)(?:\[(?:"([^"]*)"|([0-9]+))\])?((?:\..*)?)')
_CALL = re.compile(r'module\.([A-Za-z0-9_-]+)(?:\[(?:"([^"]*)"|([0-9]+))\])?(?:\.([A-Za-z0-9_-]+))?(.*)')
_SILENT = frozenset({"path", "terraform", "count", "self", "each"})


@dataclass(frozen=True, slots=True)
class Meant:
    """A resource that an expression refers to, and which attribute of it; `attribute` is empty for all of it."""

    resource: PlannedResource
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Everything that an expression refers to. `opaque` are the names that lead nowhere in a plan, such as locals."""

    meant: tuple[Meant, ...] = ()
    opaque: tuple[str, ...] = ()

    @property
    def resources(self) -> tuple[PlannedResource, ...]:
        """Return the resources."""
        return tuple(dict.fromkeys(one.resource for one in self.meant))


class References:
    """Follows the names in a plan's configuration."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def of(self, resource: PlannedResource, expression: Any) -> Meaning:
        """Return what an expression of a resource's block refers to."""
        walk = _Walk(self._plan)
        walk.follow(expression, resource.module, resource.key, resource.repeats, 0)
        return walk.meaning


class _Walk:
    """One expression, followed to its ends."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._meant: dict[tuple[str, str], Meant] = {}
        self._opaque: dict[str, None] = {}
        self._seen: set[tuple[str, ModuleInstance, Key]] = set()

    @property
    def meaning(self) -> Meaning:
        return Meaning(tuple(self._meant.values()), tuple(self._opaque))

    def follow(self, expression: Any, module: ModuleInstance, key: Key, repeats: Any, depth: int) -> None:
        """Follow an expression that stands in a module instance, in a block with a key of its own."""
        for name in names_in(expression):
            if (name, module, key) in self._seen:
                continue
            self._seen.add((name, module, key))
            if depth > MAX_DEPTH:
                self._opaque[name] = None
            else:
                self._name(name, module, key, repeats, depth)

    def _name(self, name: str, module: ModuleInstance, key: Key, repeats: Any, depth: int) -> None:
        head = name.partition(".")[0].partition("[")[0]
        if head == "var":
            self._variable(name, module, depth)
        elif head == "module":
            self._output(name, module, key, depth)
        elif name.startswith("each.value"):
            self.follow(repeats, module, key, {}, depth + 1)
        elif head == "local":
            self._opaque[name] = None
        elif head not in _SILENT:
            self._resource(name, module, key)

    def _variable(self, name: str, module: ModuleInstance, depth: int) -> None:
        if not module.steps:
            return  # a variable of the root is known: nothing of the plan is in it
        call = self._call(module)
        variable = name.split(".")[1].partition("[")[0]
        expression = mapping(call.get("expressions")).get(variable)
        if expression is not None:
            repeats = call.get("for_each_expression") or call.get("count_expression")
            self.follow(expression, module.parent, module.key, repeats, depth + 1)

    def _call(self, module: ModuleInstance) -> Json:
        calls = mapping(self._plan.configuration(module.parent.names).get("module_calls"))
        return mapping(calls.get(module.names[-1]))

    def _output(self, name: str, module: ModuleInstance, key: Key, depth: int) -> None:
        found = _CALL.match(name)
        if found is None:
            self._opaque[name] = None
            return
        call, text, number, output = found[1], found[2], found[3], found[4]
        code = self._plan.configuration((*module.names, call))
        outputs = mapping(code.get("outputs"))
        wanted: Key = int(number) if number else text
        for instance in self._instances(module, call, wanted, key):
            for each in [output] if output else list(outputs):
                expression = mapping(outputs.get(each)).get("expression")
                if expression is None:
                    self._opaque[name] = None
                else:
                    self.follow(expression, instance, None, {}, depth + 1)

    def _instances(self, module: ModuleInstance, call: str, wanted: Key, key: Key) -> list[ModuleInstance]:
        """Return the instances of a call: the one that is named, else the one of the block's own key, else all."""
        every = self._plan.calls.get((module, call), [])
        for choice in (wanted, key):
            chosen = [one for one in every if choice is not None and one.key == choice]
            if chosen:
                return chosen
        return every

    def _resource(self, name: str, module: ModuleInstance, key: Key) -> None:
        found = _RESOURCE.match(name)
        if found is None:
            self._opaque[name] = None
            return
        data, type_, label, text, number, rest = found.groups()
        every = self._plan.instances(module, type_, label, is_managed=not data)
        wanted: Key = int(number) if number else text
        chosen = every
        for choice in (wanted, key):
            some = [one for one in every if choice is not None and one.key == choice]
            if some:
                chosen = some
                break
        for one in chosen:
            attribute = (rest or "").lstrip(".")
            self._meant[one.address, attribute] = Meant(one, attribute)


def names_in(expression: Any) -> Iterator[str]:
    """Yield the names in an expression; of "a.b.c", "a.b" and "a", which terraform all lists, only the first."""
    if isinstance(expression, dict):
        listed = expression.get("references")
        if isinstance(listed, list):
            names = [str(name) for name in listed]
            for index, name in enumerate(names):
                if not any(_is_prefix(name, other) for other in names[:index]):
                    yield name
        for part, inner in expression.items():
            if part not in ("references", "constant_value"):
                yield from names_in(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from names_in(inner)


def _is_prefix(name: str, other: str) -> bool:
    return other.startswith(name) and other[len(name) : len(name) + 1] in (".", "[")
