from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.database.lag import MAX_SAMPLES, PrimaryHistory

# How far the primary's log grows in each second of its life.
growth = st.lists(st.integers(0, 3), min_size=1, max_size=60)


def positions_of(steps: list[int]) -> list[int]:
    positions = [0]
    for step in steps:
        positions.append(positions[-1] + step)
    return positions


def history_of(positions: list[int]) -> PrimaryHistory:
    history = PrimaryHistory()
    for second, position in enumerate(positions):
        history.record(float(second), position)
    return history


@given(growth, st.data())
def test_lag_is_never_understated_and_at_most_one_sample_too_much(steps: list[int], data: st.DataObject) -> None:
    positions = positions_of(steps)
    now = len(positions) - 1
    behind_by = data.draw(st.integers(0, now))
    replayed = positions[now - behind_by]

    told = history_of(positions).lag_seconds(float(now), replayed, None)

    if replayed == positions[-1]:
        assert told == 0.0
    else:
        last_second_there = max(second for second, position in enumerate(positions) if position == replayed)
        assert told == now - last_second_there
        assert last_second_there < now


@given(growth, st.data())
def test_who_has_replayed_more_is_never_further_behind(steps: list[int], data: st.DataObject) -> None:
    positions = positions_of(steps)
    history = history_of(positions)
    now = float(len(positions))

    lags = [history.lag_seconds(now, replayed, None) for replayed in sorted(set(positions))]

    assert all(later <= earlier for earlier, later in pairwise(lags))


def test_a_quiet_primary_makes_no_replica_late() -> None:
    history = history_of([5] * 100)

    assert history.lag_seconds(1000.0, 5, oldest_known_age_seconds=1000.0) == 0.0


def test_a_write_after_a_quiet_hour_makes_a_replica_a_moment_late_not_an_hour() -> None:
    history = PrimaryHistory()
    for second in range(3600):
        history.record(float(second), 5)
    history.record(3600.0, 6)

    assert history.lag_seconds(3600.0, 5, oldest_known_age_seconds=3600.0) == 1.0


def test_who_was_behind_before_we_watched_is_judged_by_his_newest_transaction() -> None:
    history = history_of([100, 101])

    assert history.lag_seconds(1.0, 50, oldest_known_age_seconds=700.0) == 700.0
    assert history.lag_seconds(1.0, 50, oldest_known_age_seconds=None) == 1.0


def test_a_new_primary_starts_a_new_history() -> None:
    history = history_of([100, 200])
    history.record(2.0, 150)

    assert history.lag_seconds(3.0, 150, None) == 0.0
    assert history.lag_seconds(3.0, 149, 9.0) == 9.0


def test_nothing_is_known_without_a_primary() -> None:
    assert PrimaryHistory().lag_seconds(5.0, 0, 100.0) == 0.0


@pytest.mark.parametrize("grows_by", [0, 1])
def test_the_history_is_bounded(grows_by: int) -> None:
    history = history_of([second * grows_by for second in range(2 * MAX_SAMPLES)])

    assert history.lag_seconds(2.0 * MAX_SAMPLES, 0, None) <= (MAX_SAMPLES + 1) * grows_by
