"""When an environment may be changed: windows that are open each week, and freezes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from studyctl.domain.environment.base import Matches, Problem, Spec, refuse, repeated, type_of_text

MIDNIGHT = "24:00"
"""The end of a day; 00:00 is its beginning."""
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = get_args(Day)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_MOMENT = "%Y-%m-%d %H:%M"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # no such zone; a folder of zones; no name of a zone
        raise PydanticCustomError(
            type_of_text,
            "must be a time zone that is known here, such as Europe/Berlin, not {name}",
            {"name": name},
        ) from None
    return name


def _real_moment(text: str) -> str:
    try:
        datetime.strptime(text, _MOMENT)
    except ValueError:
        raise PydanticCustomError(type_of_text, "must be a day that exists, not {text}", {"text": text}) from None
    return text


Zone = Annotated[
    str,
    Field(description="Time zone by its IANA name; summer time is kept.", examples=["Europe/Berlin"]),
    Matches(r"UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){1,2}", "UTC or an IANA time zone such as Europe/Berlin"),
    AfterValidator(_known_zone),
]
Moment = Annotated[
    str,
    Matches(rf"20[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}", 'a day and a time in quotes, such as "2026-12-18 18:00"'),
    AfterValidator(_real_moment),
]


def instants(local: datetime, zone: str) -> tuple[datetime, datetime]:
    """The earliest and the latest instant, in UTC, that a wall clock may mean by it.

    They differ by an hour where clocks are set back or forward over it, else not.
    """
    both = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(both), max(both)


class Window(Spec):
    """A time of the week in which the environment may be changed."""

    days: Annotated[
        tuple[Day, ...],
        Field(min_length=1, description="Days on which it opens.", examples=[["monday", "tuesday"]]),
    ]
    opens: Annotated[
        Annotated[str, Matches(_CLOCK, 'a time in quotes, such as "09:00"')],
        Field(description="When it opens, by the clock of the zone, in quotes.", examples=["09:00"]),
    ]
    closes: Annotated[
        Annotated[str, Matches(rf"{_CLOCK}|24:00", 'a time in quotes, such as "16:00", or "24:00"')],
        Field(description="When it closes, in quotes; at or before `opens` means on the next day.", examples=["16:00"]),
    ]
    timezone: Zone

    @model_validator(mode="after")
    def _is_a_window(self) -> Window:
        refuse(self._problems())
        return self

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """From when until when it is open if it opens on that day, in UTC; nothing on other days.

        Where clocks are set meanwhile, the shorter reading counts, which may be none at all.
        """
        if DAYS[day.weekday()] not in self.days:
            return None
        begins = datetime.combine(day, _time(self.opens))
        closing_day = day + timedelta(days=1) if self.closes == MIDNIGHT or self.closes < self.opens else day
        ends = datetime.combine(closing_day, _time(self.closes))
        first, last = instants(begins, self.timezone)[1], instants(ends, self.timezone)[0]
        return (first, last) if first < last else None

    def _problems(self) -> Iterator[Problem]:
        yield from repeated(self.days, "days")
        if self.opens == self.closes:
            yield Problem(("closes",), 'is the same as opens: for a whole day write opens: "00:00" and closes: "24:00"')


class Freeze(Spec):
    """A time in which the environment is not changed, whatever its windows say."""

    begins: Annotated[
        Moment, Field(description="First minute, by the clock of the zone, in quotes.", examples=["2026-12-18 18:00"])
    ]
    ends: Annotated[
        Moment, Field(description="First minute after it, by the clock of the zone.", examples=["2027-01-04 09:00"])
    ]
    timezone: Zone
    reason: Annotated[
        str,
        Field(max_length=200, description="Why; whoever is refused reads it.", examples=["year end"]),
        Matches(r"\S(.*\S)?", "a reason on one line"),
    ]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Freeze:
        first, last = self.span
        if last <= first:
            refuse([Problem(("ends",), f"{self.ends} is not after begins {self.begins}: exchange them")])
        return self

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when until when, in UTC. Where clocks are set meanwhile, the longer reading counts."""
        begins, ends = (datetime.strptime(text, _MOMENT) for text in (self.begins, self.ends))
        return instants(begins, self.timezone)[0], instants(ends, self.timezone)[1]


class Deployments(Spec):
    """When the environment may be changed: inside a window (any time, if there is none) and outside every freeze."""

    windows: Annotated[
        tuple[Window, ...], Field(max_length=50, description="When it may be changed; none: at any time.")
    ] = ()
    freezes: Annotated[
        tuple[Freeze, ...], Field(max_length=100, description="When it is not changed, whatever the windows say.")
    ] = ()
    applies_to_emulator: Annotated[
        bool, Field(description="Whether windows and freezes count on the emulator, too; in AWS they always do.")
    ] = False


def _time(text: str) -> time:
    return time() if text == MIDNIGHT else time.fromisoformat(text)
