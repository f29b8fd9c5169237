from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.parallelism import PLAN_MIB, plans_at_once


@given(st.integers(1, 20), st.integers(0, 200_000))
def test_plans_fit_into_memory_but_one_always_runs(wanted: int, available_mib: int) -> None:
    at_once = plans_at_once(wanted, available_mib)
    assert 1 <= at_once <= wanted
    assert at_once == 1 or at_once * PLAN_MIB <= available_mib
