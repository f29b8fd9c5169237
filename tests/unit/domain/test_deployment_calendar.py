"""What windows and freezes say of a moment: single cases for people, properties for all the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studyctl.domain.deployment_calendar import HORIZON, Kind, Standing, standing
from studyctl.domain.environment.deployments import DAYS, Deployments, Freeze, Window

BERLIN = "Europe/Berlin"
OFFICE = Window(days=DAYS[:4], opens="09:00", closes="16:00", timezone=BERLIN)
YEAR_END = Freeze(begins="2026-12-18 18:00", ends="2027-01-04 12:00", timezone=BERLIN, reason="year end")


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def asked(moment: datetime, *windows: Window, freezes: tuple[Freeze, ...] = ()) -> Standing:
    return standing(Deployments(windows=windows, freezes=freezes), moment)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-30 09:00", "open until Mon 2026-11-30 16:00 CET"),
        ("2026-11-30 08:59:59", "closed, open from Mon 2026-11-30 09:00 CET"),
        ("2026-11-30 16:00", "closed, open from Tue 2026-12-01 09:00 CET"),
        ("2026-12-03 17:00", "closed, open from Mon 2026-12-07 09:00 CET"),
        ("2026-12-18 17:00", "closed, open from Mon 2027-01-04 12:00 CET"),
        ("2026-12-21 10:00", "frozen until Mon 2027-01-04 12:00 CET (year end)"),
        ("2027-01-04 12:00", "open until Mon 2027-01-04 16:00 CET"),
        ("2026-07-06 09:00", "open until Mon 2026-07-06 16:00 CEST"),
    ],
)
def test_what_people_are_told(moment: str, told: str) -> None:
    assert str(asked(at(moment), OFFICE, freezes=(YEAR_END,))) == told


def test_without_windows_it_is_open_except_in_a_freeze() -> None:
    assert str(asked(at("2026-01-01 00:00"))) == "open"
    assert str(asked(at("2026-12-01 00:00"), freezes=(YEAR_END,))) == "open until Fri 2026-12-18 18:00 CET"
    assert asked(at("2026-12-18 18:00"), freezes=(YEAR_END,)).kind is Kind.FROZEN


def test_a_freeze_that_ends_outside_every_window_tells_both() -> None:
    party = Freeze(begins="2026-12-01 10:00", ends="2026-12-03 20:00", timezone=BERLIN, reason="launch")
    told = str(asked(at("2026-12-02 12:00"), OFFICE, freezes=(party,)))
    assert told == "frozen until Thu 2026-12-03 20:00 CET (launch); open from Mon 2026-12-07 09:00 CET"


def test_freezes_that_follow_each_other_are_one_for_who_waits() -> None:
    second = Freeze(begins="2027-01-04 11:00", ends="2027-01-05 10:00", timezone=BERLIN, reason="audit")
    found = asked(at("2026-12-20 00:00"), freezes=(second, YEAR_END))
    assert (found.until, found.reason) == (at("2027-01-05 10:00"), "year end")


def test_a_window_may_reach_into_the_next_day_and_windows_may_follow_each_other() -> None:
    night = Window(days=("friday",), opens="22:00", closes="04:00", timezone=BERLIN)
    morning = Window(days=("saturday",), opens="04:00", closes="06:00", timezone=BERLIN)
    assert asked(at("2026-12-05 03:00"), night, morning).until == at("2026-12-05 06:00")
    assert asked(at("2026-12-04 03:00"), night, morning).kind is Kind.CLOSED


def test_a_whole_week_has_no_end() -> None:
    whole = Window(days=DAYS, opens="00:00", closes="24:00", timezone=BERLIN)
    assert str(asked(at("2026-12-05 03:00"), whole)) == "open"


def test_the_clock_of_the_zone_counts_across_summer_time() -> None:
    """On the Monday after clocks were set the window opens at the same wall clock, an hour earlier in UTC."""
    before, after = (asked(at(day), OFFICE).next_opening for day in ("2026-03-23 00:00", "2026-03-30 00:00"))
    assert (before.hour, after.hour) == (8, 7)


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [("01:30", "02:30", 0.5), ("02:15", "02:45", 0), ("02:30", "03:30", 0.5), ("01:00", "04:00", 2)],
)
def test_in_the_hour_that_is_left_out_the_shorter_reading_counts(opens: str, closes: str, hours: float) -> None:
    span = Window(days=("sunday",), opens=opens, closes=closes, timezone=BERLIN).on(at("2026-03-29 00:00").date())
    assert (span[1] - span[0] if span else timedelta()) <= timedelta(hours=hours)


def test_in_the_hour_that_comes_twice_a_freeze_is_long_and_a_window_short() -> None:
    """02:30 comes twice on 2026-10-25 in Berlin: 00:30 and 01:30 in UTC."""
    freeze = Freeze(begins="2026-10-25 02:30", ends="2026-10-25 02:31", timezone=BERLIN, reason="clocks")
    assert freeze.span == (at("2026-10-25 00:30", "UTC"), at("2026-10-25 01:31", "UTC"))
    window = Window(days=("sunday",), opens="02:30", closes="12:00", timezone=BERLIN)
    assert asked(at("2026-10-25 00:00", "UTC"), window).next_opening == at("2026-10-25 01:30", "UTC")


ZONES = some.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
CLOCKS = some.builds("{:02}:{:02}".format, some.integers(0, 23), some.sampled_from([0, 15, 30, 45]))
WINDOWS = (
    some.tuples(some.lists(some.sampled_from(DAYS), min_size=1, unique=True).map(tuple), CLOCKS, CLOCKS, ZONES)
    .filter(lambda each: each[1] != each[2])
    .map(lambda each: Window(days=each[0], opens=each[1], closes=each[2], timezone=each[3]))
)
MOMENTS = some.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31))


@some.composite
def freezes(draw: some.DrawFn) -> Freeze:
    begins = draw(MOMENTS)
    ends = begins + timedelta(minutes=draw(some.integers(120, 60 * 24 * 20)))
    return Freeze(begins=f"{begins:%Y-%m-%d %H:%M}", ends=f"{ends:%Y-%m-%d %H:%M}", timezone=draw(ZONES), reason="r")


CALENDARS = some.builds(
    Deployments,
    windows=some.lists(WINDOWS, max_size=3).map(tuple),
    freezes=some.lists(freezes(), max_size=3).map(tuple),
)


def naive_kind(calendar: Deployments, moment: datetime) -> Kind:
    """The definition, without looking for ends or beginnings."""
    if any(begins <= moment < ends for begins, ends in (freeze.span for freeze in calendar.freezes)):
        return Kind.FROZEN
    days = [moment.date() + timedelta(days=each) for each in range(-3, 3)]
    spans = [window.on(day) for window in calendar.windows for day in days]
    is_open = not calendar.windows or any(span and span[0] <= moment < span[1] for span in spans)
    return Kind.OPEN if is_open else Kind.CLOSED


@given(CALENDARS, MOMENTS)
def test_what_is_said_holds_until_it_is_said_to_end_and_then_not_any_more(calendar: Deployments, at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    found = standing(calendar, moment)
    assert found.kind is naive_kind(calendar, moment)
    end = found.until or moment + HORIZON
    assert end > moment
    for part in (1 / 3, 2 / 3, 0.999999):
        assert naive_kind(calendar, moment + (end - moment) * part) is found.kind
    if found.until is not None:
        assert naive_kind(calendar, found.until) is not found.kind


@given(CALENDARS, MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Deployments, at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    opening = standing(calendar, moment).next_opening
    assert opening >= moment
    assert naive_kind(calendar, opening) is Kind.OPEN
    for part in (0, 0.25, 0.5, 0.75, 0.999999):
        earlier = moment + (opening - moment) * part
        assert earlier == opening or naive_kind(calendar, earlier) is not Kind.OPEN


@given(CALENDARS, MOMENTS, ZONES)
def test_the_zone_in_which_one_asks_changes_nothing(calendar: Deployments, at: datetime, zone: str) -> None:
    moment = at.replace(tzinfo=UTC)
    assert standing(calendar, moment.astimezone(ZoneInfo(zone))) == standing(calendar, moment)
