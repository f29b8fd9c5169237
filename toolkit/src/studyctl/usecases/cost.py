"""Price an environment's plan and hold it against the environment's budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.cost import BudgetVerdict, Comparison, PriceTable, compare, judge
from studyctl.domain.environment import Environment


@dataclass(frozen=True)
class PricedPlan:
    """A plan with what a month costs before and after it. `prices` is what that rests on."""

    compared: Comparison
    verdict: BudgetVerdict
    prices: PriceTable


def price_plan(document: Mapping[str, Any], spec: Environment, prices: PriceTable) -> PricedPlan:
    """Price terraform's JSON of a plan that was made for `spec`."""
    compared = compare(document, prices, environment=spec.name, region=spec.region)
    budget = spec.budget
    verdict = judge(spec.name, compared.after.usd, budget.monthly_usd, is_enforced=budget.is_enforced)
    return PricedPlan(compared, verdict, prices)
