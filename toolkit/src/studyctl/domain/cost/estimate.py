"""A month of an environment, line by line, from a plan; and what the plan changes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from studyctl.domain.cost.charges import CHARGERS, charges_of
from studyctl.domain.cost.free import FREE
from studyctl.domain.cost.prices import Evidence, Price, PriceTable
from studyctl.domain.topology.planned import Instance, instances, mapping, root_resources


@dataclass(frozen=True, slots=True)
class Line:
    """One charge. `reason` is empty for what is charged in any case, and says what was assumed of what is used."""

    address: str
    module: str
    what: str
    quantity: Decimal
    price: Price
    evidence: Evidence
    reason: str = ""

    @property
    def usd(self) -> Decimal:
        """A month, not rounded."""
        return self.quantity * self.price.usd


@dataclass(frozen=True)
class Estimate:
    """All lines, by address. `unpriced` says what is charged and has no price: the sum is too low by it."""

    lines: tuple[Line, ...]
    unpriced: tuple[str, ...]

    @cached_property
    def usd(self) -> Decimal:
        """The sum of a month."""
        return sum((line.usd for line in self.lines), Decimal(0))

    @cached_property
    def used_usd(self) -> Decimal:
        """How much of the sum rests on assumptions about use."""
        return sum((line.usd for line in self.lines if line.reason), Decimal(0))

    @cached_property
    def by_module(self) -> Mapping[str, Decimal]:
        """Sums by the module that is called, dearest first."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.module] = sums.get(line.module, Decimal(0)) + line.usd
        return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))

    @cached_property
    def by_evidence(self) -> Mapping[Evidence, Decimal]:
        """How much of the sum rests on prices of which kind."""
        return {kind: sum((line.usd for line in self.lines if line.evidence is kind), Decimal(0)) for kind in Evidence}


@dataclass(frozen=True)
class Comparison:
    """What is there before a plan is applied, and after. `changes` names the modules whose sum differs."""

    before: Estimate
    after: Estimate

    @property
    def usd(self) -> Decimal:
        """What a month becomes dearer by; negative when it becomes cheaper."""
        return self.after.usd - self.before.usd

    @cached_property
    def changes(self) -> Mapping[str, Decimal]:
        """By module, the largest first."""
        names = {*self.before.by_module, *self.after.by_module}
        none = Decimal(0)
        found = {name: self.after.by_module.get(name, none) - self.before.by_module.get(name, none) for name in names}
        return dict(sorted(((n, d) for n, d in found.items() if d), key=lambda one: (-abs(one[1]), one[0])))


def compare(document: Mapping[str, Any], table: PriceTable, *, environment: str, region: str) -> Comparison:
    """Price a plan's JSON before and after. `environment` and `region` choose assumptions and prices."""
    prior = mapping(mapping(document.get("prior_state")).get("values"))
    return Comparison(
        before=estimate({"planned_values": prior}, table, environment=environment, region=region),
        after=estimate(document, table, environment=environment, region=region),
    )


def estimate(document: Mapping[str, Any], table: PriceTable, *, environment: str, region: str) -> Estimate:
    """Price what a plan's JSON says will exist. Resources of the backup region are priced as those of `region`."""
    root = Instance("", "root", "", tuple(one for one in root_resources(document) if one.is_managed))
    lines: list[Line] = []
    unpriced: set[str] = set()
    for instance in (root, *instances(document)):
        for address, resource_type, item, quantity, what, reason in _charged(instance, table, environment):
            if not quantity:
                continue
            price = table.price(item, region)
            if price is None:
                unpriced.add(f"{resource_type}: {item} in {region}")
                continue
            lines.append(Line(address, instance.call, what, quantity, price, price.evidence_in(region), reason))
        unpriced.update(
            f"{resource.type}: nobody said whether it is free"
            for resource in instance.managed
            if not is_known(resource.type, table)
        )
    return Estimate(tuple(sorted(lines, key=lambda line: (line.address, line.what))), tuple(sorted(unpriced)))


def is_known(resource_type: str, table: PriceTable) -> bool:
    """Whether a type is charged, used, or known to be free."""
    return resource_type in CHARGERS or resource_type in FREE or bool(table.usages_of(resource_type))


def _charged(
    instance: Instance, table: PriceTable, environment: str
) -> Iterator[tuple[str, str, str, Decimal, str, str]]:
    for resource in instance.managed:
        for charge in charges_of(resource, instance):
            yield resource.address, resource.type, charge.item, charge.quantity, charge.what, ""
        for usage in table.usages_of(resource.type):
            quantity = usage.quantity(environment)
            yield resource.address, resource.type, usage.item, quantity, f"use: {usage.item}", usage.reason
