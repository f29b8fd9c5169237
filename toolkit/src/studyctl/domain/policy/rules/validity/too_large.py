"""Policies that AWS refuses because of their length."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject
from studyctl.domain.policy.rules.traits import Trait

LIMITS = {
    PolicyKind.IDENTITY: 10_240,
    PolicyKind.BOUNDARY: 6_144,
    PolicyKind.SESSION: 2_048,
    PolicyKind.SERVICE_CONTROL: 5_120,
    PolicyKind.RESOURCE_CONTROL: 5_120,
    PolicyKind.TRUST: 4_096,
    PolicyKind.ENDPOINT: 20_480,
}
"""Characters without white space. An identity policy may be an inline policy of a role, the longest of its kinds."""
RESOURCE_LIMITS = {"s3": 20_480, "kms": 32_768, "secretsmanager": 20_480, "sns": 30_720, "sqs": 8_192, "ecr": 10_240}


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield a document that is longer than its place allows."""
    limit = RESOURCE_LIMITS.get(subject.service) if subject.kind is PolicyKind.RESOURCE else LIMITS.get(subject.kind)
    size = subject.document.size_characters
    if limit is not None and size > limit:
        message = f"{size:,} characters; the most of its kind ({subject.kind.value}) is {limit:,}"
        yield Offence(message, Position(subject.where))


RULE = Rule(
    id="SC011",
    name="too-large",
    severity=Severity.MEDIUM,
    summary="Every policy is within the size that AWS takes",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    fix="Divide it among several policies, or name resources by prefix where they share one.",
    judge=judge,
    needs=Trait.LARGE,
)
