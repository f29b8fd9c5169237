"""The fault switch: what it understands, and where it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import ConfigurationError
from studyservices.fault import ErrorQuota, Fault, FaultKind, parse_fault
from studyservices.surroundings import read_surroundings


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


PLACE = {"AWS_REGION": "us-east-1"}


@pytest.mark.parametrize(
    "place",
    [
        {"ENVIRONMENT": "cloud", "DEPLOYMENT_ENVIRONMENT": "prod"},
        {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4", "DEPLOYMENT_ENVIRONMENT": "prod"},
    ],
)
def test_production_takes_no_fault(place: dict[str, str]) -> None:
    assert read_surroundings("api", {**PLACE, **place}).fault == Fault()
    with pytest.raises(ConfigurationError, match="production"):
        read_surroundings("api", {**PLACE, **place, "STUDY_FAULT": "wrong"})


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"DEPLOYMENT_ENVIRONMENT": "prod"},
        {"ENVIRONMENT": "cloud", "DEPLOYMENT_ENVIRONMENT": "staging"},
    ],
)
def test_every_other_place_does(place: dict[str, str]) -> None:
    assert read_surroundings("api", {**PLACE, **place, "STUDY_FAULT": "wrong"}).fault.is_wrong


def test_a_role_is_its_name_in_logs_unless_another_is_set() -> None:
    assert read_surroundings("quiz", {}).settings.service.name == "quiz"
    assert read_surroundings("quiz", {"SERVICE_NAME": "other"}).settings.service.name == "other"


@given(st.floats(0, 1), st.integers(1, 300))
def test_the_asked_share_of_requests_fails(rate: float, requests: int) -> None:
    quota = ErrorQuota(rate)

    failed = sum(quota.takes_next() for _ in range(requests))

    assert failed == int(requests * rate)
