from __future__ import annotations

import fnmatch
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.local.load_balancer import documents
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup, pick
from studyctl.errors import UsageError

WEIGHTS = st.lists(st.integers(0, 99), min_size=1, max_size=6)
DRAW = st.floats(0, 1, exclude_max=True)


def weighted(weights: list[int]) -> tuple[WeightedGroup, ...]:
    return tuple(WeightedGroup(TargetGroup(f"g{index}", ()), weight) for index, weight in enumerate(weights))


@given(WEIGHTS)
def test_shares_are_exactly_the_weights(weights: list[int]) -> None:
    total = sum(weights)
    # one draw in the middle of each of `total` equal parts
    picked = [pick(weighted(weights), (part + 0.5) / total) for part in range(total)]

    counted = Counter(group.name for group in picked if group is not None)
    assert counted == Counter({f"g{index}": weight for index, weight in enumerate(weights) if weight})


@given(WEIGHTS, DRAW)
def test_every_request_falls_to_a_group_with_a_weight(weights: list[int], draw: float) -> None:
    group = pick(weighted(weights), draw)
    if sum(weights) == 0:
        assert group is None
    else:
        assert group is not None
        assert weights[int(group.name[1:])] > 0


PATH = st.text(st.sampled_from("ab/.*?+(-|\n"), min_size=1, max_size=8).map("/".__add__)


@given(st.lists(PATH, max_size=4), PATH)
def test_a_path_pattern_means_what_a_shell_means_by_it(patterns: list[str], path: str) -> None:
    route = Route(tuple(patterns), ())
    assert route.fits(path) == any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


@given(st.integers(100, 599))
def test_an_expected_status_is_itself_or_its_class(status: int) -> None:
    assert HealthCheck(expected_status=status).expects(status)
    assert not HealthCheck(expected_status=status).expects(100 + (status - 99) % 500)
    assert all(HealthCheck(expected_status=digit).expects(status) == (status // 100 == digit) for digit in range(1, 6))


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "health"},
        {"interval_seconds": 0},
        {"timeout_seconds": -1},
        {"healthy_threshold": 0},
        {"unhealthy_threshold": 0},
        {"expected_status": 0},
        {"expected_status": 6},
        {"expected_status": 600},
    ],
)
def test_a_health_check_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        HealthCheck(**wrong)  # type: ignore[arg-type]


def test_a_group_is_refused_that_cannot_be() -> None:
    with pytest.raises(UsageError):
        TargetGroup("twice", (1, 2, 1))
    with pytest.raises(UsageError):
        TargetGroup("a name with spaces", ())
    with pytest.raises(UsageError):
        WeightedGroup(TargetGroup("g", ()), -1)


CHECKS = st.builds(
    HealthCheck,
    path=PATH,
    interval_seconds=st.floats(0.01, 300),
    timeout_seconds=st.floats(0.01, 120),
    healthy_threshold=st.integers(1, 10),
    unhealthy_threshold=st.integers(1, 10),
    expected_status=st.sampled_from([2, 200, 204]),
)
GROUPS = st.builds(
    TargetGroup,
    name=st.sampled_from(["api", "arn:aws:x/y", "b"]),
    ports=st.lists(st.integers(1, 65535), unique=True, max_size=4).map(tuple),
    health=CHECKS,
)
ROUTES = st.builds(
    Route,
    paths=st.lists(PATH, max_size=3).map(tuple),
    groups=st.lists(st.builds(WeightedGroup, group=GROUPS, weight=st.integers(0, 999)), max_size=3).map(tuple),
)


@given(st.lists(ROUTES, max_size=3).map(tuple))
def test_routes_arrive_as_they_were_sent(routes: tuple[Route, ...]) -> None:
    assert documents.routes_from_json(documents.routes_to_json(routes)) == routes
