"""Arrows that say nothing new."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.topology.model import Edge
from studyctl.domain.topology.reduction import reduced

ENDS = st.sampled_from("abcdef")
EDGES = st.lists(st.builds(Edge, ENDS, ENDS), max_size=14)


def reachable(edges: tuple[Edge, ...] | list[Edge], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        onward = {edge.target for edge in edges if edge.source == here} - found
        found |= onward
        waiting += onward
    return found - {start}


def test_a_short_cut_is_left_out() -> None:
    assert reduced([Edge("a", "b"), Edge("b", "c"), Edge("a", "c")]) == (Edge("a", "b"), Edge("b", "c"))


def test_a_way_goes_on_from_a_member_to_its_group_and_not_back() -> None:
    edges = [Edge("balancer", "api"), Edge("services", "db"), Edge("balancer", "db")]
    assert Edge("balancer", "db") not in reduced(edges, groups={"api": "services"})
    edges = [Edge("cdn", "web"), Edge("cdn", "api"), Edge("services", "buckets")]
    assert Edge("cdn", "web") in reduced(edges, groups={"api": "services", "web": "buckets"})


@given(EDGES)
def test_what_was_reachable_still_is_and_nothing_more(edges: list[Edge]) -> None:
    kept = reduced(edges)
    assert set(kept) <= set(edges)
    assert all(reachable(kept, start) == reachable(edges, start) for start in "abcdef")


@given(EDGES)
def test_reducing_twice_changes_nothing(edges: list[Edge]) -> None:
    assert reduced(reduced(edges)) == reduced(edges)
