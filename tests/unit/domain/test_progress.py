from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyProgressed,
    ApplyStarted,
    ChangePlanned,
    ChangeSummary,
    Diagnostic,
    Event,
    LockWaited,
    Other,
    RefreshStarted,
)
from studyctl.domain.progress import Progress, advance, follow

ADDRESSES = st.sampled_from([f"aws_thing.{letter}" for letter in "abcdef"])
SECONDS = st.integers(0, 4000)
MOMENTS = st.floats(0, 1e9, allow_nan=False)
ACTIONS = st.sampled_from(Action)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(ChangePlanned, at=MOMENTS, address=ADDRESSES, action=ACTIONS),
    st.builds(ApplyStarted, at=MOMENTS, address=ADDRESSES, action=ACTIONS),
    st.builds(ApplyProgressed, at=MOMENTS, address=ADDRESSES, action=ACTIONS, elapsed_seconds=SECONDS),
    st.builds(ApplyCompleted, at=MOMENTS, address=ADDRESSES, action=ACTIONS, elapsed_seconds=SECONDS),
    st.builds(ApplyErrored, at=MOMENTS, address=ADDRESSES, action=ACTIONS, elapsed_seconds=SECONDS),
    st.builds(Diagnostic, severity=st.sampled_from(["error", "warning"]), summary=st.text(max_size=5)),
    st.builds(Other, kind=st.text(max_size=5)),
    st.builds(LockWaited, is_release=st.booleans()),
)


@given(st.lists(EVENTS))
def test_any_stream_gives_a_progress_that_can_be_drawn(events: Sequence[Event]) -> None:
    progress = follow(events)
    assert 0 <= progress.done <= progress.total
    assert all(flight.seconds(0.0) >= 0 for flight in progress.oldest())
    assert len(progress.finished) == progress.done


@given(st.lists(EVENTS), st.lists(EVENTS))
def test_following_in_two_halves_is_following_in_one(first: Sequence[Event], second: Sequence[Event]) -> None:
    assert follow(second, follow(first)) == follow([*first, *second])


@given(st.lists(EVENTS))
def test_a_fold_never_changes_an_earlier_progress(events: Sequence[Event]) -> None:
    seen: list[tuple[Progress, str]] = []
    progress = Progress()
    for event in events:
        progress = advance(progress, event)
        seen.append((progress, repr(progress)))
    assert all(repr(earlier) == text for earlier, text in seen)


def test_a_replacement_counts_its_deletion_and_its_creation() -> None:
    progress = follow(
        [
            ChangePlanned(address="a.b", action=Action.REPLACE),
            ApplyStarted(at=1.0, address="a.b", action=Action.DELETE),
            ApplyCompleted(address="a.b", action=Action.DELETE, elapsed_seconds=1),
        ]
    )
    assert (progress.done, progress.total, dict(progress.in_flight)) == (1, 2, {})


def test_what_is_in_flight_ages_and_slow_ones_are_named_longest_first() -> None:
    progress = follow(
        [
            ApplyStarted(at=100.0, address="aws_db_instance.main", action=Action.CREATE),
            ApplyStarted(at=165.0, address="aws_vpc.main", action=Action.CREATE),
            ApplyProgressed(at=170.0, address="aws_lb.seen_late", action=Action.CREATE, elapsed_seconds=60),
        ]
    )
    assert [(flight.address, flight.seconds(170.0)) for flight in progress.slow(170.0)] == [
        ("aws_db_instance.main", 70),
        ("aws_lb.seen_late", 60),
    ]


def test_reads_and_no_ops_are_not_work() -> None:
    progress = follow(
        [
            ChangePlanned(address="data.a.b", action=Action.READ),
            ChangePlanned(address="a.b", action=Action.NO_OP),
            ApplyStarted(address="data.a.b", action=Action.READ),
            ApplyCompleted(address="data.a.b", action=Action.READ, elapsed_seconds=1),
        ]
    )
    assert (progress.done, progress.total, dict(progress.in_flight)) == (0, 0, {})


def test_a_failed_resource_is_no_longer_in_flight_and_its_reason_is_kept() -> None:
    progress = follow(
        [
            ApplyStarted(address="a.b", action=Action.CREATE),
            ApplyErrored(address="a.b", action=Action.CREATE, elapsed_seconds=3),
            Diagnostic(severity="error", summary="denied", address="a.b"),
        ]
    )
    assert (progress.failed, dict(progress.in_flight), progress.errors[0].summary) == (("a.b",), {}, "denied")


def test_only_the_summary_of_an_apply_means_that_it_ended() -> None:
    plan = ChangeSummary(operation="plan", add=1, change=0, remove=0)
    apply = ChangeSummary(operation="apply", add=1, change=0, remove=0)
    assert not follow([plan]).has_applied
    assert follow([plan, apply]).has_applied


def test_waiting_for_the_lock_ends_when_work_begins() -> None:
    waiting = follow([LockWaited()])
    assert waiting.is_waiting_for_lock
    assert not advance(waiting, RefreshStarted(address="a.b")).is_waiting_for_lock
