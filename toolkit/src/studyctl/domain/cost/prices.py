"""Prices with the place where each was read, and assumptions about what is used. Both are data in infra/cost."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

HOURS_A_MONTH = Decimal(730)
"""365 days of 24 hours, a twelfth of them: what AWS's own calculator takes."""


class Evidence(enum.StrEnum):
    """How well a price is known."""

    LIST = "list"
    PUBLISHED = "published"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of an item costs. `evidence` and `source` are about the first of `regions`."""

    item: str
    usd: Decimal
    per: str
    regions: tuple[str, ...]
    evidence: Evidence
    source: str
    seen: datetime.date

    def evidence_in(self, region: str) -> Evidence:
        """How well it is known there: in further regions it is taken to be the same."""
        return self.evidence if region == self.regions[0] else Evidence.ASSUMED


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of an item every resource of a type uses in a month; by environment, `default` for the others."""

    resource: str
    item: str
    quantities: Mapping[str, Decimal]
    reason: str

    def quantity(self, environment: str) -> Decimal:
        """The assumption for an environment."""
        return self.quantities.get(environment, self.quantities["default"])


@dataclass(frozen=True)
class PriceTable:
    """Everything that is needed to price a plan."""

    prices: tuple[Price, ...]
    usages: tuple[Usage, ...]

    @property
    def as_of(self) -> datetime.date:
        """The day of the oldest price."""
        return min(price.seen for price in self.prices)

    def price(self, item: str, region: str) -> Price | None:
        """The price of an item in a region; None where nobody wrote one down."""
        return self._by_place.get((item, region))

    def usages_of(self, resource_type: str) -> Sequence[Usage]:
        """What is assumed of each resource of a type."""
        return [usage for usage in self.usages if usage.resource == resource_type]

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str], Price]:
        return {(price.item, region): price for price in self.prices for region in price.regions}
