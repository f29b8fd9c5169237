"""The fault switch: what it understands, and where it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import ConfigurationError
from studyservices.fault import ErrorQuota, Fault, FaultKind, parse_fault, read_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault()),
        ("crash_at_start", Fault(FaultKind.CRASH_AT_START)),
        ("health_500", Fault(FaultKind.HEALTH_500)),
        ("wrong", Fault(FaultKind.WRONG)),
        ("slow=1.5", Fault(FaultKind.SLOW, 1.5)),
        ("5xx=0.25", Fault(FaultKind.SERVER_ERRORS, 0.25)),
    ],
)
def test_every_fault_is_understood(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize("text", ["crash", "slow", "slow=", "slow=-1", "slow=301", "5xx=2", "5xx=nan", "wrong=1", "=1"])
def test_what_is_no_fault_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ConfigurationError, match="crash_at_start"):
        parse_fault(text)


def test_production_takes_no_fault_and_every_other_place_does() -> None:
    production = {"INFRASTRUCTURE_PROVIDER": "aws", "DEPLOYMENT_ENVIRONMENT": "prod"}

    assert read_fault(production) == Fault()
    with pytest.raises(ConfigurationError, match="production"):
        read_fault({**production, "STUDY_FAULT": "wrong"})
    for place in ({**production, "DEPLOYMENT_ENVIRONMENT": "staging"}, {"DEPLOYMENT_ENVIRONMENT": "prod"}):
        assert read_fault({**place, "STUDY_FAULT": "wrong"}).is_wrong


@given(st.floats(0, 1), st.integers(1, 300))
def test_the_asked_share_of_requests_fails(rate: float, requests: int) -> None:
    quota = ErrorQuota(rate)

    failed = sum(quota.takes_next() for _ in range(requests))

    assert failed == int(requests * rate)
