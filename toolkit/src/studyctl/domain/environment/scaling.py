"""How many tasks of a service run: what adds and removes them, and when the bounds move."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Matches, Percent, Problem, Spec, refuse
from studyctl.domain.environment.cron import EXAMPLE, cron_problems

Tasks = Annotated[int, Field(ge=1, le=100)]
ScheduleName = Annotated[
    str, Matches(r"[a-z][a-z0-9-]{0,30}", "1 to 31 lower-case letters, digits and hyphens, such as weekday-mornings")
]


class Schedule(Spec):
    """Other bounds from a moment on, until the next schedule of the service moves them again."""

    cron: Annotated[
        str,
        Field(
            max_length=120,
            description="When, as AWS writes it, six fields: minutes, hours, day of month, month, day of week, year.",
            examples=[EXAMPLE],
        ),
    ]
    timezone: Annotated[
        str, Field(max_length=64, description="Time zone of `cron`, with its summer time.", examples=["Europe/Berlin"])
    ] = "UTC"
    min: Annotated[Tasks, Field(description="Tasks that always run from then on.")]
    max: Annotated[Tasks, Field(description="Tasks that run at most from then on.")]

    @model_validator(mode="after")
    def _aws_would_accept_it(self) -> Schedule:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        yield from (Problem(("cron",), problem) for problem in cron_problems(self.cron))
        if not is_time_zone(self.timezone):
            near = difflib.get_close_matches(self.timezone, sorted(zoneinfo.available_timezones()), n=1)
            advice = f"did you mean {near[0]}?" if near else "write UTC or a name such as Europe/Berlin"
            yield Problem(("timezone",), f"no such time zone: {advice}")
        if self.min > self.max:
            yield Problem(("min",), f"min {self.min} is above max {self.max}: lower min or raise max")


class Scaling(Spec):
    """How many tasks run and what adds or removes them."""

    min: Annotated[Tasks, Field(description="Tasks that always run.")]
    max: Annotated[Tasks, Field(description="Tasks that run at most.")]
    cpu_percent: Annotated[Percent, Field(description="Average CPU that scaling aims at.")]
    memory_percent: Annotated[Percent, Field(description="Average memory that scaling aims at.")]
    backlog_per_task: Annotated[
        Annotated[int, Field(ge=1, le=100_000)] | None,
        Field(
            description="Waiting messages for each task that scaling aims at; only for services that consume a queue:"
            " notification, document, indexing, quiz.",
            examples=[20],
        ),
    ] = None
    schedules: Annotated[
        Mapping[ScheduleName, Schedule],
        Field(
            max_length=20,
            description="Moments at which `min` and `max` change, by a name that stays. One that raises them needs"
            " another that lowers them again.",
            json_schema_extra={"additionalProperties": False},
        ),
    ] = {}

    @model_validator(mode="after")
    def _min_is_not_above_max(self) -> Scaling:
        if self.min > self.max:
            refuse([Problem(("min",), f"min {self.min} is above max {self.max}: lower min or raise max")])
        return self


def is_time_zone(name: str) -> bool:
    """Whether the time zone database of this machine knows the name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
