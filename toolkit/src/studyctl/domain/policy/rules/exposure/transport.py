"""Requests over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import action_glob, matches_any
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.exposure.narrowing import names_anybody
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject
from studyctl.domain.policy.rules.traits import Trait

SERVICES = {"s3": ("s3:getobject", "s3:putobject", "s3:listbucket"), "sqs": ("sqs:sendmessage", "sqs:receivemessage")}
"""Services that answer over HTTP too, with actions that a denial must cover."""


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield the policy of a bucket or queue that does not deny requests without TLS."""
    actions = SERVICES.get(subject.service)
    if subject.kind is not PolicyKind.RESOURCE or actions is None:
        return
    if not any(_denies_plain_requests(statement, actions) for statement in subject.document.denies):
        yield Offence("requests over plain HTTP are not denied", Position(subject.where))


def _denies_plain_requests(statement: Statement, actions: tuple[str, ...]) -> bool:
    if len(statement.conditions) != 1 or statement.is_not_action or statement.is_not_principal:
        return False
    (condition,) = statement.conditions
    asks = (condition.name, condition.key.text.lower(), tuple(text.lower() for text in condition.texts))
    patterns = [action_glob(item.text) for item in statement.actions]
    return (
        asks == ("Bool", "aws:securetransport", ("false",))
        and names_anybody(statement)
        and all(matches_any(patterns, action) for action in actions)
    )


RULE = Rule(
    id="SC404",
    name="plain-transport",
    severity=Severity.MEDIUM,
    summary="Policies of buckets and queues deny requests without TLS (S3.5)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5",
    fix='Add a Deny for everybody and every action with "Bool": {"aws:SecureTransport": "false"}.',
    judge=judge,
    needs=Trait.ON_RESOURCE | Trait.OVER_HTTP,
)
