"""What a plan says will exist: resources with their values, what is unknown of them, and how the code describes them.

Only this and `references` know terraform's plan JSON (format 1.x) as the policy rules need it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from studyctl.domain.policy.problems import Position

Json = Mapping[str, Any]
_STEP = re.compile(r'module\.([^.\[]+)(\[(?:"((?:[^"\\]|\\.)*)"|([0-9]+))\])?')
Key = str | int | None


@dataclass(frozen=True, slots=True)
class ModuleInstance:
    """A module as the root calls it: names and keys from the root down; the root itself has none."""

    steps: tuple[tuple[str, Key], ...] = ()

    @classmethod
    def of(cls, address: str) -> ModuleInstance:
        """Return the instance that an address names: module.a["x"].module.b."""
        steps: list[tuple[str, Key]] = []
        for name, bracket, text, number in _STEP.findall(address):
            steps.append((name, (int(number) if number else text) if bracket else None))
        return cls(tuple(steps))

    @property
    def parent(self) -> ModuleInstance:
        """Return the instance that calls it."""
        return ModuleInstance(self.steps[:-1])

    @property
    def key(self) -> Key:
        """Return its own key among the instances of its call."""
        return self.steps[-1][1] if self.steps else None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the calls, without keys."""
        return tuple(name for name, _ in self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class PlannedResource:
    """One resource or data source. `expressions` is how the code describes it; `repeats` what it is repeated for.

    Unknown values are None, or missing, in `values`; `unknown` is true where they stand.
    """

    address: str
    module: ModuleInstance
    type: str
    name: str
    key: Key
    is_managed: bool
    values: Json
    unknown: Json = field(default_factory=dict)
    expressions: Json = field(default_factory=dict)
    repeats: Json = field(default_factory=dict)

    @property
    def position(self) -> Position:
        """Return where findings about it stand."""
        return Position(self.address)

    def text(self, attribute: str) -> str:
        """Return a text attribute; empty when it is null or not known yet."""
        value = self.values.get(attribute)
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def has(self, attribute: str) -> bool:
        """Whether an attribute is set, be it to something that only the apply will know."""
        return bool(self.values.get(attribute)) or self.is_unknown(attribute)

    def is_unknown(self, attribute: str) -> bool:
        """Whether only the apply will know an attribute, or a part of it."""
        return holds_true(self.unknown.get(attribute))

    def block(self, attribute: str) -> Json:
        """Return a nested block, of which terraform shows a list; the first, or an empty one."""
        return next(iter(self.blocks(attribute)), {})

    def blocks(self, attribute: str) -> Sequence[Json]:
        """Return all nested blocks of one kind."""
        return mappings(self.values.get(attribute))


class Plan:
    """A plan's resources and configuration."""

    def __init__(self, document: Json) -> None:
        self.document = document

    @cached_property
    def resources(self) -> tuple[PlannedResource, ...]:
        """Return everything that will exist and everything that was read, by address."""
        found = {one.address: one for one in (*self._read(), *self._planned())}
        return tuple(found[address] for address in sorted(found))

    def of(self, *types: str) -> tuple[PlannedResource, ...]:
        """Return the managed resources of some types."""
        return tuple(one for type_ in types for one in self._by_type.get(type_, ()) if one.is_managed)

    def data(self, type_: str) -> tuple[PlannedResource, ...]:
        """Return the data sources of one type."""
        return tuple(one for one in self._by_type.get(type_, ()) if not one.is_managed)

    def at(self, address: str) -> PlannedResource | None:
        """Return the resource at an address."""
        return self._by_address.get(address)

    def instances(self, module: ModuleInstance, type_: str, name: str, *, is_managed: bool) -> list[PlannedResource]:
        """Return the instances of one block of code in one module instance."""
        return self._by_block.get((module, type_, name, is_managed), [])

    def configuration(self, names: tuple[str, ...]) -> Json:
        """Return the code of a module by the names of the calls that lead to it."""
        node = mapping(mapping(self.document.get("configuration")).get("root_module"))
        for name in names:
            node = mapping(mapping(mapping(node.get("module_calls")).get(name)).get("module"))
        return node

    def variable(self, name: str) -> Any:
        """Return the value of a variable of the root, None where there is none."""
        return mapping(mapping(self.document.get("variables")).get(name)).get("value")

    @cached_property
    def account_id(self) -> str:
        """Return the account that the plan is for: as read, or that of what is there; empty when nothing says so."""
        read = next((one.text("account_id") for one in self.data("aws_caller_identity")), "")
        arns = (one.text("arn").split(":", _ARN_PARTS - 1) for one in self.resources if one.is_managed)
        named = Counter(parts[_ACCOUNT] for parts in arns if len(parts) == _ARN_PARTS and parts[_ACCOUNT].isdigit())
        return read or next((account for account, _ in named.most_common(1)), "")

    @cached_property
    def partition(self) -> str:
        """Return the partition that the plan is for."""
        return next((one.text("partition") for one in self.data("aws_partition")), "") or "aws"

    @cached_property
    def region(self) -> str:
        """Return the region that most of it is in."""
        regions = (one.text("region") or one.text("id") or one.text("name") for one in self.data("aws_region"))
        return next(filter(None, regions), "") or self._configured_region

    @property
    def _configured_region(self) -> str:
        """Return the region that the code of the provider names outright."""
        providers = mapping(mapping(self.document.get("configuration")).get("provider_config"))
        region = mapping(mapping(mapping(providers.get("aws")).get("expressions")).get("region"))
        return str(region.get("constant_value") or "")

    @cached_property
    def calls(self) -> Mapping[tuple[ModuleInstance, str], list[ModuleInstance]]:
        """Return the instances of every module call, by the calling instance and the call's name."""
        found: dict[tuple[ModuleInstance, str], list[ModuleInstance]] = defaultdict(list)
        modules = {one.module for one in self.resources}
        modules |= {ModuleInstance(m.steps[:count]) for m in modules for count in range(1, len(m.steps))}
        for module in sorted(filter(lambda one: one.steps, modules), key=str):
            found[module.parent, module.names[-1]].append(module)
        return found

    @cached_property
    def _by_type(self) -> Mapping[str, list[PlannedResource]]:
        found: dict[str, list[PlannedResource]] = defaultdict(list)
        for one in self.resources:
            found[one.type].append(one)
        return found

    @cached_property
    def _by_address(self) -> Mapping[str, PlannedResource]:
        return {one.address: one for one in self.resources}

    @cached_property
    def _by_block(self) -> Mapping[tuple[ModuleInstance, str, str, bool], list[PlannedResource]]:
        found: dict[tuple[ModuleInstance, str, str, bool], list[PlannedResource]] = defaultdict(list)
        for one in self.resources:
            found[one.module, one.type, one.name, one.is_managed].append(one)
        return found

    @cached_property
    def _blocks(self) -> Mapping[tuple[tuple[str, ...], str], Json]:
        """Return every block of code by the names of its module and its address there."""
        found: dict[tuple[tuple[str, ...], str], Json] = {}
        waiting: list[tuple[tuple[str, ...], Json]] = [((), self.configuration(()))]
        while waiting:
            names, node = waiting.pop()
            for block in mappings(node.get("resources")):
                found[names, str(block.get("address", ""))] = block
            for name, call in mapping(node.get("module_calls")).items():
                waiting.append(((*names, name), mapping(mapping(call).get("module"))))
        return found

    @cached_property
    def _changes(self) -> Mapping[str, Json]:
        changes = mappings(self.document.get("resource_changes"))
        return {str(change.get("address", "")): mapping(change.get("change")) for change in changes}

    def _planned(self) -> Iterator[PlannedResource]:
        for module, raw in _walk(mapping(mapping(self.document.get("planned_values")).get("root_module"))):
            yield self._resource(module, raw)

    def _read(self) -> Iterator[PlannedResource]:
        """Yield data sources that were read while planning; they stand in the prior state."""
        prior = mapping(mapping(self.document.get("prior_state")).get("values"))
        for module, raw in _walk(mapping(prior.get("root_module"))):
            if raw.get("mode") == "data":
                yield self._resource(module, raw)

    def _resource(self, module: ModuleInstance, raw: Json) -> PlannedResource:
        address, type_, name = (str(raw.get(part, "")) for part in ("address", "type", "name"))
        is_managed = raw.get("mode", "managed") == "managed"
        block = self._blocks.get((module.names, f"{'' if is_managed else 'data.'}{type_}.{name}"), {})
        change = self._changes.get(address, {})
        planned = mapping(raw.get("values"))
        return PlannedResource(
            address=address,
            module=module,
            type=type_,
            name=name,
            key=raw.get("index"),
            is_managed=is_managed,
            values={**planned, **mapping(change.get("after"))},
            unknown=mapping(change.get("after_unknown")),
            expressions=mapping(block.get("expressions")),
            repeats=mapping(block.get("for_each_expression") or block.get("count_expression")),
        )


def _walk(module: Json) -> Iterator[tuple[ModuleInstance, Json]]:
    waiting = [module]
    while waiting:
        node = waiting.pop()
        instance = ModuleInstance.of(str(node.get("address", "")))
        for raw in mappings(node.get("resources")):
            yield instance, raw
        waiting.extend(mappings(node.get("child_modules")))


_ARN_PARTS, _ACCOUNT = 6, 4


def mapping(value: Any) -> Json:
    """Return the mapping that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Sequence[Json]:
    """Return the mappings in the list that `value` is, or none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def holds_true(mark: Any) -> bool:
    """Whether anything in a tree of marks is true."""
    if isinstance(mark, dict):
        return any(map(holds_true, mark.values()))
    if isinstance(mark, list):
        return any(map(holds_true, mark))
    return mark is True
