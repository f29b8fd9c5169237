"""What a stream tells of a run, and of several runs as one story."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.recovery.wrecks import addresses, identities, traces

from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyStarted,
    Event,
    LockWaited,
    RefreshStarted,
    VersionReported,
)
from studyctl.domain.recovery import Span, Trace, merge, span_of, trace_of

events = st.lists(
    st.one_of(
        st.builds(ApplyStarted, address=addresses, action=st.just(Action.CREATE)),
        st.builds(
            ApplyCompleted,
            address=addresses,
            action=st.just(Action.CREATE),
            elapsed_seconds=st.just(1),
            resource_id=identities,
        ),
        st.builds(ApplyErrored, address=addresses, action=st.just(Action.CREATE), elapsed_seconds=st.just(1)),
    ),
    max_size=20,
)


@given(events)
def test_nothing_that_was_begun_is_forgotten(stream: list[Event]) -> None:
    trace = trace_of(stream)
    assert not trace.begun & trace.created.keys()
    assert trace.begun | trace.created.keys() == {event.address for event in stream}  # type: ignore[attr-defined]


def test_what_is_read_changed_or_deleted_makes_no_orphan() -> None:
    trace = trace_of(
        [
            ApplyStarted(address="data.aws_vpc.x", action=Action.READ),
            ApplyStarted(address="aws_vpc.a", action=Action.UPDATE),
            ApplyStarted(address="aws_vpc.b", action=Action.DELETE),
            ApplyCompleted(address="aws_vpc.b", action=Action.DELETE, elapsed_seconds=1),
        ]
    )
    assert trace == Trace(deleted=frozenset({"aws_vpc.b"}))


@given(st.lists(traces, max_size=4))
def test_several_runs_are_one_story(stories: list[Trace]) -> None:
    whole = merge(stories)
    assert not whole.begun & whole.created.keys()
    if stories:
        assert whole.created.items() >= stories[-1].created.items()
        assert not (stories[-1].deleted - stories[-1].created.keys()) & whole.created.keys()


def test_a_run_took_the_lock_before_it_did_anything_else() -> None:
    version, waited = VersionReported(at=1.0, terraform="1.11.4"), LockWaited(at=2.0)
    worked = RefreshStarted(at=9.0, address="aws_vpc.main")

    def span(events: list[Event], *, finished_at: float | None = None, waits: bool = False) -> Span | None:
        return span_of("plan", 0.0, finished_at, 20.0, events, waits=waits)

    assert span([version, worked]) == Span("plan", 0.0, 9.0)
    assert span([version]) == Span("plan", 0.0, 80.0)
    assert span([version], finished_at=30.0) == Span("plan", 0.0, 30.0)
    assert span([version, waited, worked], waits=True) == Span("plan", 0.0, 9.0)
    assert span([version, waited], waits=True) is None
    assert span([version, waited]) == Span("plan", 0.0, 80.0)
