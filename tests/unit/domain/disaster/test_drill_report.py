"""What a drill comes to: two times against two objectives, and whether everything is there."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.disaster.drill import (
    DrillReport,
    DrillStep,
    Holdings,
    Marker,
    StepDone,
    StoreFound,
    newest,
    seconds_of,
)
from studyctl.domain.disaster.prospects import RECOVERY_POINT_SECONDS, RECOVERY_TIME_SECONDS
from studyctl.domain.disaster.runbook import duration, runbook

LOST_AT = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
SECONDS = st.floats(0, 10 * RECOVERY_TIME_SECONDS)


def after(seconds: float) -> datetime.datetime:
    return LOST_AT + datetime.timedelta(seconds=seconds)


def store(name: str, lost_seconds: float | None, held: Holdings | None = None) -> StoreFound:
    marker = None if lost_seconds is None else Marker(1, after(-lost_seconds))
    return StoreFound(name, {"rows": 2}, {"rows": 2} if held is None else held, marker)


REPORT = DrillReport(
    run_id="20261129-120000-beef",
    environment="prod",
    substitute="prod-dr",
    lost_region="us-east-1",
    backup_region="us-west-2",
    release=7,
    images={"api": "sha256:aaaa", "quiz": "sha256:aaaa"},
    commit="c0ffee",
    lost_at=LOST_AT,
    serving_at=after(300),
    steps=(
        StepDone(DrillStep.BACK_UP, after(-4), 3, ("database: dumped",)),
        StepDone(DrillStep.REBUILD, after(0), 200, ("the composition was applied",)),
        StepDone(DrillStep.RESTORE, after(200), 5, ("database: filled",)),
        StepDone(DrillStep.RELEASE, after(205), 65),
        StepDone(DrillStep.SMOKE, after(270), 30, ("the smoke test passed",)),
    ),
    stores=(store("database", 4.0),),
    not_shown=("how long AWS takes",),
)


@given(SECONDS)
def test_the_time_is_met_up_to_the_objective(seconds: float) -> None:
    report = replace(REPORT, serving_at=after(seconds))
    assert report.meets_time == (report.recovery_time_seconds <= RECOVERY_TIME_SECONDS)
    assert report.recovery_time_seconds == pytest.approx(seconds, abs=1e-5)


@given(st.lists(SECONDS | st.none(), min_size=1, max_size=4))
def test_the_point_is_that_of_the_store_that_lost_most(lost: list[float | None]) -> None:
    stores = tuple(store(str(number), seconds) for number, seconds in enumerate(lost))
    report = replace(REPORT, stores=stores)
    if None in lost:
        assert (report.recovery_point_seconds, report.meets_point) == (None, False)
    else:
        worst = max(seconds for seconds in lost if seconds is not None)
        assert report.recovery_point_seconds == pytest.approx(worst, abs=1e-5)
        assert report.recovery_point_seconds is not None
        assert report.meets_point == (report.recovery_point_seconds <= RECOVERY_POINT_SECONDS)


HOLDINGS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), max_size=3)


@given(HOLDINGS, HOLDINGS)
def test_whatever_is_not_there_as_it_was_backed_up_is_told(before: dict[str, int], now: dict[str, int]) -> None:
    found = StoreFound("database", before, now, Marker(1, LOST_AT))
    assert (found.differences == ()) == (before == now)
    assert replace(REPORT, stores=(found,)).has_passed == (before == now)


@given(st.lists(st.integers(1, 9), unique=True))
def test_the_newest_marker_is_the_one_with_the_highest_number(numbers: list[int]) -> None:
    found = newest(Marker(number, LOST_AT) for number in numbers)
    assert (found.number if found else None) == max(numbers, default=None)


def test_steps_of_one_kind_add_up() -> None:
    steps = (StepDone(DrillStep.MARK, LOST_AT, 1.0), StepDone(DrillStep.MARK, LOST_AT, 2.5))
    assert (seconds_of(steps, DrillStep.MARK), seconds_of(steps, DrillStep.SMOKE)) == (3.5, 0)


def test_a_runbook_tells_what_was_done_how_long_it_took_and_what_was_not_shown() -> None:
    text = runbook(REPORT)
    assert text.startswith("# Recovering prod in us-west-2\n")
    assert "| serves again after | 5 min 0 s | 1 h 0 min | met |" in text
    assert "| lost | 4.0 s | 5 min 0 s | met |" in text
    assert "## 1. Build the platform in us-west-2\n\nIt took 3 min 20 s. The drill:\n\n- the composition was" in text
    assert "studyctl release prod-dr --tag sha256:aaaa --run-before migrate" in text
    assert text.index("database: filled") < text.index("the smoke test passed")
    assert "- how long AWS takes\n" in text
    assert "{" not in text


def test_where_services_run_different_images_each_is_named() -> None:
    text = runbook(replace(REPORT, images={"api": "sha256:aaaa", "quiz": "sha256:bbbb"}))
    assert "release prod-dr --image api=sha256:aaaa --image quiz=sha256:bbbb --run-before migrate" in text


def test_a_runbook_does_not_call_a_missed_objective_met() -> None:
    text = runbook(replace(REPORT, serving_at=after(2 * RECOVERY_TIME_SECONDS), stores=(store("vectors", None, {}),)))
    assert "| serves again after | 2 h 0 min | 1 h 0 min | missed |" in text
    assert "| lost | everything | 5 min 0 s | missed |" in text
    assert "- vectors: rows had 2, has 0" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 s"), (59.94, "1 min 0 s"), (365, "6 min 5 s"), (7260, "2 h 1 min")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
