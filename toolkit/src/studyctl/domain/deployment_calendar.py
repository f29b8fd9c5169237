"""Whether an environment may be changed at a moment, by its windows and freezes; until when; and from when again."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from studyctl.domain.environment.deployments import Deployments, Window

DAY = timedelta(days=1)
HORIZON = timedelta(days=14)
"""A week repeats; what is open all that time is called open without an end."""


class Kind(enum.StrEnum):
    """What the calendar says of a moment."""

    OPEN = "open"
    CLOSED = "closed"
    """Outside of every window."""
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at a moment. All times are in UTC; `timezone` is the one that people think in."""

    kind: Kind
    at: datetime
    until: datetime | None
    """When something else holds; None: nothing is in sight that ends it."""
    next_opening: datetime
    """The first moment, from `at` on, at which it is open."""
    timezone: str = "UTC"
    reason: str = ""
    """Why it is frozen."""

    @property
    def is_open(self) -> bool:
        """Whether the environment may be changed."""
        return self.kind is Kind.OPEN

    def __str__(self) -> str:
        opening = f"open from {self._told(self.next_opening)}"
        if self.kind is Kind.CLOSED:
            return f"closed, {opening}"
        if self.kind is Kind.FROZEN:
            assert self.until is not None  # noqa: S101 - every freeze has an end
            later = "" if self.until == self.next_opening else f"; {opening}"
            return f"frozen until {self._told(self.until)} ({self.reason}){later}"
        return f"open until {self._told(self.until)}" if self.until else "open"

    def to_json(self) -> dict[str, Any]:
        """Plain values; times are RFC 3339 in UTC."""
        return {
            "state": self.kind.value,
            "until": self.until.isoformat() if self.until else None,
            "next_opening": self.next_opening.isoformat(),
            "reason": self.reason,
        }

    def _told(self, moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(self.timezone)).strftime("%a %Y-%m-%d %H:%M %Z")


def standing(deployments: Deployments, at: datetime) -> Standing:
    """What the calendar says of `at`, which has a time zone."""
    at = at.astimezone(UTC)
    spans = sorted((*freeze.span, freeze.reason) for freeze in deployments.freezes)
    zones = [*(each.timezone for each in deployments.windows), *(each.timezone for each in deployments.freezes)]
    timezone = zones[0] if zones else "UTC"
    opening = _next_opening(deployments, at)
    thawing = _thawing(deployments, at)
    next_freeze = min((begins for begins, _, _ in spans if begins > at), default=None)
    if thawing > at:
        reasons = dict.fromkeys(reason for begins, ends, reason in spans if begins <= at < ends)
        return Standing(Kind.FROZEN, at, thawing, opening, timezone, ", ".join(reasons))
    closing = _closing(deployments.windows, at)
    if closing == at:
        next_window = _window_opening(deployments.windows, at)
        return Standing(Kind.CLOSED, at, _earlier(next_window, next_freeze), opening, timezone)
    return Standing(Kind.OPEN, at, _earlier(closing, next_freeze), at, timezone)


def _next_opening(deployments: Deployments, at: datetime) -> datetime:
    while True:
        thawed = _thawing(deployments, at)
        if thawed == at and _closing(deployments.windows, at) != at:
            return at
        at = thawed if thawed > at else _window_opening(deployments.windows, at)


def _thawing(deployments: Deployments, at: datetime) -> datetime:
    """When the freezes that follow each other from `at` on are over; `at` itself when there is none."""
    for begins, ends in sorted(freeze.span for freeze in deployments.freezes):
        if begins <= at < ends:
            at = ends
    return at


def _closing(windows: tuple[Window, ...], at: datetime) -> datetime | None:
    """When the windows that follow each other from `at` on are over; `at` itself outside of them; None: not soon."""
    if not windows:
        return None
    end = at
    while end - at < HORIZON:
        around = (span for window in windows for days in (-2, -1, 0, 1) if (span := window.on(end.date() + days * DAY)))
        further = max((ends for begins, ends in around if begins <= end < ends), default=end)
        if further == end:
            return end
        end = further
    return None


def _window_opening(windows: tuple[Window, ...], at: datetime) -> datetime:
    """When the next window opens after `at`. There always is one: weeks repeat."""
    return min(next(_openings(window, at)) for window in windows)


def _openings(window: Window, at: datetime) -> Iterator[datetime]:
    for days in itertools.count(-2):
        span = window.on(at.date() + days * DAY)
        if span is not None and span[0] > at:
            yield span[0]


def _earlier(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
