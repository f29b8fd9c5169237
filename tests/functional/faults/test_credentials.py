"""What STS's refusals come to before anything else is called; no emulator, only the answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.fault_proxy import FaultProxy, answers, cut_before, fails, fault_proxy

from studyctl.adapters.aws.identity import caller_identity
from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.aws.state_bucket import StateBucket
from studyctl.domain.target import Connection, TargetKind
from studyctl.errors import PreflightFailed


@pytest.fixture
def aws() -> Iterator[FaultProxy]:
    """AWS that answers only what is played."""
    with fault_proxy(upstream_port=1) as proxy:
        yield proxy


@pytest.fixture
def session(aws: FaultProxy) -> AwsSession:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}
    return AwsSession(Connection(TargetKind.AWS, "123456789012", "us-east-1", keys, endpoint_url=aws.url))


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        pytest.param("ExpiredToken", "expired", "have expired", id="f51"),
        pytest.param("InvalidClientTokenId", "invalid", "refused the credentials", id="f55-partition"),
        pytest.param("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", "clock", id="f56"),
        pytest.param("RequestTimeTooSkewed", "skewed", "clock", id="f56-skew"),
    ],
)
def test_f51_f55_f56_sts_says_what_is_wrong_before_anything_is_called(
    aws: FaultProxy, session: AwsSession, code: str, message: str, says: str
) -> None:
    aws.plays(fails(403, code, message), "GetCallerIdentity", times=None)
    with pytest.raises(PreflightFailed, match=says) as refused:
        caller_identity(session)
    assert refused.value.hint


def test_f51_keys_of_the_environment_that_say_they_are_over_are_told_as_that(
    aws: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they say so, boto3 would end with an error of its own before it asks anybody."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "y",
        "AWS_CREDENTIAL_EXPIRATION": "2026-01-01T00:00:00Z",
    }.items():
        monkeypatch.setenv(name, value)
    aws.plays(fails(403, "ExpiredToken", "expired"), "GetCallerIdentity", times=None)
    region_only = {"AWS_REGION": "us-east-1"}
    session = AwsSession(Connection(TargetKind.AWS, "123456789012", "us-east-1", region_only, endpoint_url=aws.url))
    with pytest.raises(PreflightFailed, match="have expired"):
        caller_identity(session)


def test_f48_an_endpoint_that_is_down_is_one_clear_error(aws: FaultProxy, session: AwsSession) -> None:
    aws.plays(cut_before, times=None)
    with pytest.raises(PreflightFailed, match="could not be reached"):
        caller_identity(session)


def test_f38_f39_what_is_throttled_or_unavailable_is_asked_again(aws: FaultProxy, session: AwsSession) -> None:
    whoami = "<GetCallerIdentityResult><Arn>arn:x</Arn><Account>123456789012</Account></GetCallerIdentityResult>"
    aws.plays(fails(400, "Throttling"), "GetCallerIdentity", times=1)
    aws.plays(fails(503, "ServiceUnavailable"), "GetCallerIdentity", times=1)
    aws.plays(cut_before, "GetCallerIdentity", times=1)
    aws.plays(answers(200, f"<GetCallerIdentityResponse>{whoami}</GetCallerIdentityResponse>"), "GetCallerIdentity")
    assert caller_identity(session).account_id == "123456789012"


def test_f50_a_bucket_of_somebody_else_is_told_as_that(aws: FaultProxy, session: AwsSession) -> None:
    aws.plays(fails(403, "AccessDenied"), "HEAD /states", times=None)
    with pytest.raises(PreflightFailed, match="may not be read"):
        StateBucket(session, "states", "dev").exists()
