"""Target tracking: out fast, in slowly, never past the bounds, never in during a deployment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.tracking import Capacity, Scaling, TrackingPolicy, scale

BOUNDS = Capacity(desired=2, minimum=1, maximum=6)


def policy(*points: float | None, name: str = "cpu", **fields: bool) -> TrackingPolicy:
    return TrackingPolicy(name, 50.0, points, 60.0, 300.0, **fields)


def decide(*policies: TrackingPolicy, since: float = 1e9, is_deploying: bool = False) -> Scaling | None:
    return scale(policies, BOUNDS, seconds_since_last=since, is_deploying=is_deploying)


def test_three_high_points_scale_out_in_proportion() -> None:
    assert decide(policy(60.0, 70.0, 80.0)) == Scaling(4, "cpu")
    assert decide(policy(60.0, 40.0, 80.0)) is None
    assert decide(policy(60.0, None, 80.0)) is None
    assert decide(policy(60.0, 70.0, 80.0), is_deploying=True) == Scaling(4, "cpu")


def test_fifteen_low_points_scale_in() -> None:
    assert decide(policy(*[20.0] * 15)) == Scaling(1, "cpu")
    assert decide(policy(*[20.0] * 14)) is None
    assert decide(policy(*[46.0] * 15)) is None, "within a tenth of the target"
    assert decide(policy(*[20.0] * 15), is_deploying=True) is None
    assert decide(policy(*[20.0] * 15, may_scale_in=False)) is None


def test_the_largest_wish_wins_and_all_must_agree_to_scale_in() -> None:
    high, low, middle = policy(*[100.0] * 15, name="memory"), policy(*[10.0] * 15), policy(*[48.0] * 15, name="backlog")

    assert decide(high, low) == Scaling(4, "memory")
    assert decide(low, middle) is None


def test_cooldowns_are_kept_each_way() -> None:
    assert decide(policy(*[100.0] * 3), since=59) is None
    assert decide(policy(*[10.0] * 15), since=299) is None
    assert decide(policy(*[100.0] * 3), since=60) is not None


def test_a_service_that_was_put_to_nothing_stays_there() -> None:
    assert scale([policy(*[100.0] * 3)], Capacity(0, 1, 6), seconds_since_last=1e9, is_deploying=False) is None


@given(
    st.lists(st.lists(st.none() | st.floats(0, 1000), max_size=20), max_size=3),
    st.integers(1, 20),
    st.integers(1, 10),
    st.integers(0, 10),
)
def test_a_change_stays_within_the_bounds(
    histories: list[list[float | None]], desired: int, minimum: int, more: int
) -> None:
    capacity = Capacity(desired, minimum, minimum + more)
    change = scale([policy(*each) for each in histories], capacity, seconds_since_last=1e9, is_deploying=False)

    assert change is None or (minimum <= change.desired <= minimum + more and change.desired != desired)
