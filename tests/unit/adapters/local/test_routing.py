from __future__ import annotations

import fnmatch
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup, shares
from studyctl.errors import UsageError

WEIGHTS = st.lists(st.integers(0, 999), min_size=1, max_size=6)
WHOLE = 1 << 32


def weighted(weights: list[int]) -> tuple[WeightedGroup, ...]:
    return tuple(WeightedGroup(TargetGroup(f"g{index}", ()), weight) for index, weight in enumerate(weights))


@given(WEIGHTS)
def test_shares_are_the_weights_and_cover_everything(weights: list[int]) -> None:
    total = sum(weights)
    begin = 0
    got: dict[str, int] = {}
    for share in shares(weighted(weights)):
        until = WHOLE if share.until_hex is None else int(share.until_hex, 16)
        got[share.group.name] = until - begin
        begin = until
    assert begin == (WHOLE if total else 0)
    for index, weight in enumerate(weights):
        expected = Fraction(weight, total) * WHOLE if total else 0
        assert abs(got.get(f"g{index}", 0) - expected) <= 1


@given(WEIGHTS, st.integers(0, WHOLE - 1))
def test_every_request_falls_to_exactly_one_group_that_has_a_weight(weights: list[int], number: int) -> None:
    digits = f"{number:08x}"
    chosen = next((s for s in shares(weighted(weights)) if s.until_hex is None or digits < s.until_hex), None)
    if sum(weights) == 0:
        assert chosen is None
    else:
        assert chosen is not None
        assert weights[int(chosen.group.name[1:])] > 0


PATH = st.text(st.sampled_from("ab/.*?+(-"), min_size=1, max_size=8).map("/".__add__)


@given(PATH, PATH)
def test_a_path_pattern_means_what_a_shell_means_by_it(pattern: str, path: str) -> None:
    assert "[" not in pattern
    matches = re.search(Route((pattern,), ()).pattern, path) is not None
    assert matches == fnmatch.fnmatchcase(path, pattern)


@given(st.lists(PATH, min_size=1, max_size=4), PATH)
def test_several_paths_match_what_any_of_them_matches(patterns: list[str], path: str) -> None:
    each = any(re.search(Route((pattern,), ()).pattern, path) for pattern in patterns)
    assert (re.search(Route(tuple(patterns), ()).pattern, path) is not None) == each


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
        TargetGroup("a name with {http.request.uuid}", ())
    with pytest.raises(UsageError):
        WeightedGroup(TargetGroup("g", ()), -1)
