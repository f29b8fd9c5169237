"""Whether a month's estimate is within an environment's budget, and whether that stops anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from studyctl.errors import Refused


@dataclass(frozen=True, slots=True)
class BudgetVerdict:
    """An estimate beside a budget, both in US dollars a month."""

    environment: str
    estimated_usd: Decimal
    budget_usd: int
    is_enforced: bool

    @property
    def percent(self) -> int:
        """How much of the budget the estimate is, rounded up: 100 means that nothing is left."""
        return int(-(-self.estimated_usd * 100 // self.budget_usd))

    @property
    def is_exceeded(self) -> bool:
        """Whether the estimate is above the budget."""
        return self.estimated_usd > self.budget_usd

    def enforce(self) -> None:
        """Stop where the environment's file says so.

        Raises:
            Refused: the estimate is above a budget that is enforced.
        """
        if self.is_exceeded and self.is_enforced:
            raise Refused(
                f"{self.environment} would cost about ${self.estimated_usd:,.0f} a month, "
                f"more than its budget of ${self.budget_usd:,}",
                why=f"environments/{self.environment}.yaml says budget.is_enforced.",
                hint=f"Save, or raise budget.monthly_usd. What costs how much: studyctl cost {self.environment}",
            )


def judge(environment: str, estimated_usd: Decimal, budget_usd: int, *, is_enforced: bool) -> BudgetVerdict:
    """Hold an estimate against a budget."""
    return BudgetVerdict(environment, estimated_usd, budget_usd, is_enforced)
