"""Whether credentials last as long as an apply is likely to take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from studyctl.domain.lifetime import ANY_SECONDS, SLOW_SECONDS, expected_seconds, expires_at, require_lasting
from studyctl.domain.plan import Change, ChangeAction, PlanSummary
from studyctl.errors import PreflightFailed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def plan(*types: str) -> PlanSummary:
    changes = (Change(f"{kind}.x{n}", "", kind, ChangeAction.CREATE) for n, kind in enumerate(types))
    return PlanSummary(tuple(changes), (), (), (), (), terraform_version="", digest="")


@pytest.mark.parametrize(
    ("types", "seconds"),
    [
        ((), 0),
        (("aws_sqs_queue",), 0),
        (("aws_lb", "aws_cloudfront_distribution"), SLOW_SECONDS["aws_cloudfront_distribution"]),
        (("aws_db_instance", "aws_db_instance", "aws_db_instance"), 2 * SLOW_SECONDS["aws_db_instance"]),
    ],
)
def test_the_slowest_decides_and_a_replica_waits_for_its_primary(types: tuple[str, ...], seconds: int) -> None:
    assert expected_seconds(plan(*types)) == ANY_SECONDS + seconds


def test_f53_what_ends_too_early_is_refused_before_anything_begins() -> None:
    require_lasting(None, NOW, 600, "prod")
    require_lasting(NOW + timedelta(seconds=600), NOW, 600, "prod")
    for left in (599, 0, -10):
        with pytest.raises(PreflightFailed, match="this apply may take 10"):
            require_lasting(NOW + timedelta(seconds=left), NOW, 600, "prod")


def test_only_credentials_with_a_token_and_a_time_end() -> None:
    told = {"AWS_CREDENTIAL_EXPIRATION": "2026-11-22T12:00:00Z"}
    assert expires_at({}) is None
    assert expires_at(told) is None
    assert expires_at({**told, "AWS_SESSION_TOKEN": "t"}) == NOW
    with pytest.raises(PreflightFailed, match="no time"):
        expires_at({"AWS_CREDENTIAL_EXPIRATION": "soon", "AWS_SESSION_TOKEN": "t"})
