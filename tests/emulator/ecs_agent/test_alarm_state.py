"""Alarms against the tables of the CloudWatch User Guide, and composite rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.alarm_rule import UnsupportedRule, rings
from studyctl.adapters.emulator.ecs_agent.alarm_state import AlarmState, Condition, MissingData, next_state

OK, ALARM, UNKNOWN, KEPT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA, None
POINTS = {"0": 0.0, "X": 1.0, "-": None}
POLICIES = (MissingData.MISSING, MissingData.IGNORE, MissingData.BREACHING, MissingData.NOT_BREACHING)

# 'How alarm state is evaluated when data is missing': datapoints of the evaluation range, M of N, and the state for
# missing, ignore, breaching, notBreaching. KEPT is "Retain current state".
DOCUMENTED = [
    ("0 - X - X", 3, 3, (OK, OK, OK, OK)),
    ("- - - - 0", 3, 3, (OK, OK, OK, OK)),
    ("- - - - -", 3, 3, (UNKNOWN, KEPT, ALARM, OK)),
    ("0 X X - X", 3, 3, (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", 3, 3, (ALARM, KEPT, ALARM, OK)),
    ("0 - X - X", 2, 3, (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", 2, 3, (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", 2, 3, (OK, OK, ALARM, OK)),
    ("- - - - 0", 2, 3, (OK, OK, ALARM, OK)),
    ("- - - - X", 2, 3, (ALARM, KEPT, ALARM, OK)),
]


def condition(m: int, n: int, missing: MissingData) -> Condition:
    return Condition("GreaterThanOrEqualToThreshold", 1.0, n, m, missing)


@pytest.mark.parametrize("current", list(AlarmState))
@pytest.mark.parametrize(("points", "m", "n", "states"), DOCUMENTED)
def test_missing_data_are_treated_as_documented(
    points: str, m: int, n: int, states: tuple[AlarmState | None, ...], current: AlarmState
) -> None:
    series = [POINTS[each] for each in points.split()]

    for missing, wanted in zip(POLICIES, states, strict=True):
        assert len(series) == condition(m, n, missing).range_periods
        assert next_state(condition(m, n, missing), series, current) is (wanted or current), missing


@given(
    st.lists(st.sampled_from([0.0, 1.0, None]), max_size=9),
    st.sampled_from(POLICIES),
    st.integers(1, 5),
    st.sampled_from(AlarmState),
)
def test_enough_bad_points_always_ring_and_only_good_points_never(
    points: list[float | None], missing: MissingData, n: int, current: AlarmState
) -> None:
    state = next_state(condition(n, n, missing), points, current)
    recent = [point for point in points if point is not None][-n:]

    assert state is ALARM or recent != [1.0] * n
    assert state is OK or recent != [0.0] * n


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", [1.0, 2.0]),
        ("GreaterThanThreshold", [2.0]),
        ("LessThanOrEqualToThreshold", [0.0, 1.0]),
        ("LessThanThreshold", [0.0]),
    ],
)
def test_a_threshold_has_two_sides(comparison: str, breaching: list[float]) -> None:
    assert [value for value in (0.0, 1.0, 2.0) if Condition(comparison, 1.0, 1, 1).breaches(value)] == breaching


@pytest.mark.parametrize(
    ("rule", "is_ringing"),
    [
        ("ALARM(a)", True),
        ('ALARM("a") AND ALARM("b")', False),
        ("ALARM(a) OR ALARM(b)", True),
        ("NOT ALARM(b) AND OK(b)", True),
        ("ALARM(b) OR ALARM(a) AND NOT (OK(b) OR FALSE)", False),
        ("INSUFFICIENT_DATA(c) AND TRUE", True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", True),
        ("ALARM(nobody)", False),
    ],
)
def test_a_composite_alarm_follows_its_rule(rule: str, is_ringing: bool) -> None:
    states = {"a": ALARM, "b": OK, "c": UNKNOWN}

    assert rings(rule, states) is is_ringing


@pytest.mark.parametrize("rule", ["", "ALARM(a) AND", "(ALARM(a)", "ALARM(a) ALARM(b)", "SOMETIMES(a)", "AND ALARM(a)"])
def test_a_rule_that_cannot_be_read_is_refused(rule: str) -> None:
    with pytest.raises(UnsupportedRule):
        rings(rule, {})
