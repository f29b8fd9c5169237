"""Whether credentials last as long as an apply is likely to take.

Only those that stand in the environment with a token can end during a run: profiles, SSO and roles of machines are
renewed by whoever uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from studyctl.domain.plan import PlanSummary
from studyctl.errors import PreflightFailed

_MINUTE = 60

ANY_SECONDS = 5 * _MINUTE
"""What an apply takes beside the slowest thing in it: reading, storing the state, everything that is quick."""

SLOW_SECONDS: Mapping[str, int] = {
    "aws_acm_certificate_validation": 10 * _MINUTE,
    "aws_cloudfront_distribution": 10 * _MINUTE,
    "aws_db_instance": 30 * _MINUTE,
    "aws_elasticache_replication_group": 15 * _MINUTE,
    "aws_lb": 5 * _MINUTE,
    "aws_nat_gateway": 3 * _MINUTE,
}
"""What AWS takes to make or change one, on a bad day: half of the provider's own time-outs. A replica waits for its
primary, so two database instances are one after the other."""


def expires_at(environ: Mapping[str, str]) -> datetime | None:
    """Return when the credentials of the environment end; None where they do not, or where nobody said when.

    Raises:
        PreflightFailed: what is said is no time.
    """
    told = environ.get("AWS_CREDENTIAL_EXPIRATION", "")
    if not told or not environ.get("AWS_SESSION_TOKEN"):
        return None
    try:
        moment = datetime.fromisoformat(told)
    except ValueError as wrong:
        raise PreflightFailed(
            f"AWS_CREDENTIAL_EXPIRATION is no time: {told!r}", hint="Unset it, or sign in again."
        ) from wrong
    return moment.astimezone()


def expected_seconds(plan: PlanSummary) -> int:
    """Return how long applying a plan is likely to take."""
    slow = [change.resource_type for change in plan.effective if change.resource_type in SLOW_SECONDS]
    has_replica = slow.count("aws_db_instance") > 1
    longest = max((SLOW_SECONDS[kind] for kind in slow), default=0)
    return ANY_SECONDS + longest + (SLOW_SECONDS["aws_db_instance"] if has_replica else 0)


def require_lasting(ends: datetime | None, now: datetime, needed_seconds: int, environment: str) -> None:
    """Stop before an apply that would outlive its credentials: it could not store its state either.

    Raises:
        PreflightFailed: they end too early.
    """
    if ends is None or (left := int((ends - now).total_seconds())) >= needed_seconds:
        return
    raise PreflightFailed(
        f"the credentials for {environment} last {max(0, left) // _MINUTE} more minutes, and this apply may take "
        f"{needed_seconds // _MINUTE}",
        why="Were they to end in the middle, not even the state could be stored. Nothing was changed.",
        hint="Get new ones for longer, for example role-duration-seconds in the pipeline, then run it again.",
    )
