"""Reads prices and assumptions about use from infra/cost: complete and once each, or refused with the place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_rows import BadRow, date_of, read_rows
from studyctl.adapters.yaml_text import Position
from studyctl.domain.cost import Evidence, Price, PriceTable, Usage
from studyctl.errors import UsageError

PRICES = Path("infra") / "cost" / "prices.yaml"
USAGE = Path("infra") / "cost" / "usage.yaml"
PRICE_KEYS = frozenset({"item", "usd", "per", "regions", "evidence", "source", "seen"})
USAGE_KEYS = frozenset({"resource", "item", "quantity", "reason"})
HINT = "How a row looks is in docs/cost.md."


def read_prices(repository: Path) -> PriceTable:
    """Return the price table of a repository.

    Raises:
        UsageError: a file is missing or cannot be used, an item has two prices, or something is used that has none.
    """
    prices = read_rows(repository, PRICES, "price", _price, hint=HINT)
    usages = read_rows(repository, USAGE, "usage", _usage, hint=HINT)
    if not prices:
        raise UsageError(f"{PRICES} says no price", hint=HINT)
    items = [price.item for price in prices]
    pairs = [(usage.resource, usage.item) for usage in usages]
    repeated = {item for item in items if items.count(item) > 1}
    repeated |= {f"{resource} with {item}" for resource, item in pairs if pairs.count((resource, item)) > 1}
    if repeated:
        raise UsageError(f"{', '.join(sorted(repeated))}: said twice in {PRICES.parent}", hint="Keep one row for each.")
    if missing := sorted({usage.item for usage in usages} - set(items)):
        raise UsageError(f"{USAGE} uses {', '.join(missing)}, and {PRICES} has no price for it", hint=HINT)
    return PriceTable(prices, usages)


def _price(row: Any, _place: Position) -> Price:
    if not isinstance(row, dict) or set(row) != PRICE_KEYS:
        raise BadRow(f"a price has exactly {', '.join(sorted(PRICE_KEYS))}")
    regions = row["regions"]
    if not isinstance(regions, list) or not regions or not all(isinstance(one, str) and one for one in regions):
        raise BadRow("regions is a list of at least one name")
    if row["evidence"] not in set(Evidence):
        raise BadRow(f"evidence is one of {', '.join(Evidence)}, not {row['evidence']!r}")
    return Price(
        item=_text(row, "item"),
        usd=_amount(row["usd"], "usd"),
        per=_text(row, "per"),
        regions=tuple(regions),
        evidence=Evidence(row["evidence"]),
        source=_text(row, "source"),
        seen=date_of(row["seen"]),
    )


def _usage(row: Any, _place: Position) -> Usage:
    if not isinstance(row, dict) or set(row) != USAGE_KEYS:
        raise BadRow(f"a usage has exactly {', '.join(sorted(USAGE_KEYS))}")
    said = row["quantity"]
    if not isinstance(said, Mapping) or "default" not in said:
        raise BadRow("quantity has `default`, and may have environments by name")
    quantities = {str(name): _amount(value, f"quantity of {name}") for name, value in said.items()}
    return Usage(_text(row, "resource"), _text(row, "item"), quantities, _text(row, "reason"))


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value:
        raise BadRow(f"{key} is a text")
    return value


def _amount(value: Any, name: str) -> Decimal:
    try:
        amount = Decimal(str(value)) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount < 0:
        raise BadRow(f"{name} is a number that is not negative, not {value!r}")
    return amount
