"""Each fault of the list has a test that is named after it, or a reason why it has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.faults_page import Fault, faults, named_tests

REPOSITORY = Path(__file__).resolve().parents[2]
LISTED = faults(REPOSITORY)


@pytest.mark.parametrize("fault", LISTED, ids=lambda fault: fault.name)
def test_a_fault_has_a_test_or_a_reason(fault: Fault) -> None:
    assert fault.is_accounted_for, f"no test is named test_{fault.name.lower()}_...: {fault.text}"


def test_no_test_names_a_fault_that_is_not_listed() -> None:
    assert set(named_tests(REPOSITORY)) <= {fault.name for fault in LISTED}


def test_the_list_has_no_gap() -> None:
    assert [fault.name for fault in LISTED] == [f"F{number:02d}" for number in range(1, len(LISTED) + 1)]
