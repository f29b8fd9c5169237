"""What the tests of containment say their policies with, and how a witness is held against the evaluator."""

from __future__ import annotations

from typing import Any

from studyctl.domain.policy import Grants, Request, Standing, Verdict
from studyctl.domain.policy.request import Caller

S3 = "arn:aws:s3:::bucket/*"
BUCKET = "arn:aws:s3:::bucket"
SQS = "arn:aws:sqs:eu-west-1:111122223333:queue"
ROLE = "arn:aws:iam::111122223333:role/worker"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def account(*numbers: str) -> dict[str, dict[str, Any]]:
    return {"StringEquals": {"aws:SourceAccount": list(numbers)}}


def when(operator: str, key: str, *values: str) -> dict[str, dict[str, Any]]:
    return {operator: {key: list(values)}}


def check_witness(verdict: Verdict, inner: Grants, outer: Grants) -> None:
    if verdict.standing is Standing.NOT_PROVEN:
        assert verdict.reason
    if verdict.standing is not Standing.REFUTED:
        return
    witness = verdict.witness
    assert witness is not None
    assert witness.statements
    request = request_of(witness.action, witness.resource, dict(witness.context))
    assert inner.grants(request)
    assert not outer.grants(request)


def request_of(action: str, resource: str, context: dict[str, tuple[str, ...]]) -> Request:
    return Request(
        Caller.of(ROLE), action, resource, {**context, **{"aws_s3_bucket.raw.arn": ("${aws_s3_bucket.raw.arn}",)}}
    )
