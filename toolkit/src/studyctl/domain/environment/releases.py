"""How a service is released: which way its new revision comes in and how long it is watched. Terraform is not told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Problem, Spec, refuse

SECONDS_PER_DAY = 86_400
ALL_PERCENT = 100


class Release(Spec):
    """How a new revision comes in. On the emulator times pass as fast as its alarms' minutes do."""

    strategy: Annotated[
        Literal["rolling", "blue_green", "canary"],
        Field(
            description="`rolling` replaces tasks; `blue_green` runs all new tasks beside the old ones and moves the"
            " traffic at once; `canary` moves it in steps and compares. The last two are for services behind the"
            " load balancer."
        ),
    ] = "rolling"
    canary_percents: Annotated[
        tuple[Annotated[int, Field(ge=1, le=100)], ...],
        Field(min_length=1, description="Shares of the traffic that a canary gets, one after another."),
    ] = (5, 25, 100)
    stage_seconds: Annotated[
        int, Field(ge=1, le=SECONDS_PER_DAY, description="How long each share of a canary or of blue/green is watched.")
    ] = 120
    bake_seconds: Annotated[
        int, Field(ge=0, le=7 * SECONDS_PER_DAY, description="How long it must be good before it counts as proven.")
    ] = 300
    hold_seconds: Annotated[
        int,
        Field(
            ge=1, le=SECONDS_PER_DAY, description="How long in all nobody may be able to judge it; then it goes back."
        ),
    ] = 300
    timeout_seconds: Annotated[
        int, Field(ge=60, le=7_200, description="How long its tasks may need until they serve.")
    ] = 900
    min_requests: Annotated[
        int, Field(ge=1, le=1_000_000, description="Requests that a canary must answer before it can be judged.")
    ] = 50
    max_error_points: Annotated[
        int, Field(ge=1, le=100, description="By how many percentage points it may fail more often than the old one.")
    ] = 1
    max_p95_milliseconds: Annotated[
        Annotated[int, Field(ge=1, le=60_000)] | None,
        Field(description="95th percentile of the response time at most; null: only compared with the old one."),
    ] = None

    @model_validator(mode="after")
    def _shares_grow_to_all(self) -> Release:
        percents = self.canary_percents
        if list(percents) != sorted(set(percents)) or percents[-1] != ALL_PERCENT:
            refuse([Problem(("canary_percents",), "shares must grow and end with 100, such as [5, 25, 100]")])
        return self
