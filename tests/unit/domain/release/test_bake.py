from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.release.bake import AlarmState, Bake, Reading, standing_of
from studyctl.domain.release.verdicts import Judgement, failed, inconclusive

HOUR = 3600.0
ALARMS = st.dictionaries(st.sampled_from(["errors", "memory"]), st.sampled_from(AlarmState), min_size=1)


def watched(bake: Bake, readings: Sequence[Reading]) -> Bake:
    return reduce(lambda state, reading: state.after(reading), readings, bake)


def every(seconds: float, count: int, **alarms: AlarmState) -> list[Reading]:
    return [Reading(at_seconds=seconds * number, alarms=alarms) for number in range(count)]


def test_twelve_good_hours_pass_and_not_a_minute_earlier() -> None:
    bake = Bake(12 * HOUR, HOUR)
    readings = every(60, 12 * 60 + 1, errors=AlarmState.OK)
    assert watched(bake, readings[:-1]).verdict is None
    assert watched(bake, readings).verdict is not None
    assert standing_of(watched(bake, readings)).has_passed


def test_f91_an_alarm_in_any_minute_ends_it() -> None:
    for minute in (0, 1, 719):
        readings = every(60, 721, errors=AlarmState.OK)
        readings[minute] = Reading(60.0 * minute, {"errors": AlarmState.ALARM})
        assert standing_of(watched(Bake(12 * HOUR, HOUR), readings)).has_failed


def test_f90_without_data_the_clock_stands_still_and_too_long_without_is_a_failure() -> None:
    silent = every(60, 31, errors=AlarmState.INSUFFICIENT_DATA)
    held = watched(Bake(600, HOUR), silent)
    assert (held.observed_seconds, held.held_seconds, held.verdict) == (0, 1800, None)
    assert standing_of(held).judgement is Judgement.INCONCLUSIVE
    assert standing_of(watched(Bake(600, HOUR), every(60, 61, errors=AlarmState.UNREADABLE))).has_failed


def test_what_was_held_goes_on_where_it_stood() -> None:
    readings = [
        Reading(0, {"errors": AlarmState.OK}),
        Reading(300, {"errors": AlarmState.OK}),
        Reading(400, {"errors": AlarmState.INSUFFICIENT_DATA}),
        Reading(500, {"errors": AlarmState.OK}),
        Reading(700, {"errors": AlarmState.OK}),
    ]
    assert standing_of(watched(Bake(600, 600), readings)).has_passed
    assert watched(Bake(600, 600), readings).held_seconds == 100


def test_an_excused_alarm_counts_again_once_it_was_quiet() -> None:
    bake = Bake(600, 600, excused=frozenset({"errors"}))
    ringing, quiet = {"errors": AlarmState.ALARM}, {"errors": AlarmState.OK}
    assert standing_of(watched(bake, [Reading(0, ringing), Reading(600, ringing)])).has_passed
    assert standing_of(watched(bake, [Reading(0, ringing), Reading(1, quiet), Reading(2, ringing)])).has_failed


def test_missing_tasks_hold_it_too_and_a_failed_measurement_ends_it() -> None:
    assert watched(Bake(0, 10), [Reading(0, problems=("a task is missing",))]).verdict is None
    assert standing_of(watched(Bake(600, 10), [Reading(0, verdict=failed("slow"))])).has_failed


def test_what_cannot_be_measured_does_not_pass_at_the_end_of_its_time() -> None:
    unsure = [Reading(float(second), verdict=inconclusive("few requests")) for second in range(0, 40)]
    assert watched(Bake(10, 20), unsure[:25]).verdict is None
    assert standing_of(watched(Bake(10, 20), unsure)).has_failed


@given(
    st.lists(st.tuples(st.floats(0, 100), ALARMS), max_size=30),
    st.floats(0, 500),
    st.floats(1, 500),
)
def test_a_verdict_never_changes_and_never_passes_over_an_alarm(
    steps: list[tuple[float, dict[str, AlarmState]]], bake_seconds: float, hold_seconds: float
) -> None:
    state, now, heard_alarm = Bake(bake_seconds, hold_seconds), 0.0, False
    for pause, alarms in steps:
        now += pause
        before, state = state, state.after(Reading(now, alarms))
        if before.verdict is not None:
            assert state == before
            continue
        heard_alarm = heard_alarm or AlarmState.ALARM in alarms.values()
        assert state.observed_seconds + state.held_seconds <= now + 1e-6
        if state.verdict is not None and state.verdict.has_passed:
            assert not heard_alarm
            assert state.observed_seconds >= bake_seconds
            assert set(alarms.values()) == {AlarmState.OK}
    assert not heard_alarm or (state.verdict is not None)
