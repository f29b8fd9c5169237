"""What users are promised, and how fast the error budget of that may burn."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from studyctl.domain.monitoring.alerts import Name, Row, Severity

Promise = Literal["availability", "latency"]
"""That requests succeed, and that they are answered in time."""
LATENCY_BUDGET = 0.05
"""What a promise of p95 leaves: one request in twenty may take longer."""


class Objective(Row):
    """One row of monitoring/objectives.yaml."""

    service: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    availability_percent: Annotated[float, Field(gt=0, lt=100)]
    p95_seconds: Annotated[float, Field(gt=0)]
    window_days: Annotated[int, Field(ge=1, le=90)]

    def budget(self, promise: Promise) -> float:
        """The share of requests that may break a promise."""
        return LATENCY_BUDGET if promise == "latency" else round(1 - self.availability_percent / 100, 10)


class BurnAlert(Row):
    """One row of monitoring/burn_alerts.yaml."""

    name: Name
    promise: Promise
    severity: Severity
    budget_percent: Annotated[float, Field(gt=0, le=100)]
    long_minutes: Annotated[int, Field(ge=5)]
    short_minutes: Annotated[int, Field(ge=1)]
    least_broken: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _short_is_shorter(self) -> Self:
        if self.short_minutes >= self.long_minutes:
            raise ValueError("short_minutes is less than long_minutes: it tells that the burning goes on")
        return self

    def burn_rate(self, objective: Objective) -> float:
        """How many times faster than allowed: at 1 the budget is gone at the end of the objective's window."""
        return self.budget_percent / 100 * objective.window_days * 24 * 60 / self.long_minutes

    def limit(self, objective: Objective) -> float:
        """The share of requests that breaks the promise beyond which the budget burns that fast."""
        return self.burn_rate(objective) * objective.budget(self.promise)
