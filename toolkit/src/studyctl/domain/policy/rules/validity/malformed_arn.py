"""Resources that are no ARNs, and principals that are patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind, Principal
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, has_wildcard, is_symbolic, offence
from studyctl.domain.policy.rules.traits import Trait

PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})
_ACCOUNT = re.compile(r"(?:[0-9]{12}|aws|cloudfront|aws-managed|)\Z")
_SEGMENTS = 6
_WILDCARD = re.compile(r"[*?]")


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield resources that can match nothing because of their shape, and principals that AWS does not take."""
    for statement in subject.document.statements:
        for principal in statement.principals or ():
            if is_partly_named(principal):
                yield offence(
                    statement,
                    f'"{principal.text}" is no principal: AWS takes no wildcard in one; '
                    "name it, or write * with a condition on aws:PrincipalArn",
                )
        for item in statement.resources or ():
            if item.text == "*" or is_symbolic(item.text) or "${" in item.text:
                continue
            fault = _fault(item.text)
            if fault and not (subject.kind is PolicyKind.RESOURCE and subject.service == "execute-api"):
                yield offence(statement, f'"{item.text}" is not an ARN: {fault}')


def is_partly_named(principal: Principal) -> bool:
    """Whether a principal is a pattern; a star alone means everybody."""
    return not principal.is_anyone and has_wildcard(principal.text)


def _fault(text: str) -> str:
    parts = text.split(":", _SEGMENTS - 1)
    stem = _WILDCARD.split(parts[0], maxsplit=1)[0]
    is_open = has_wildcard(parts[0]) and "arn".startswith(stem)
    is_cut = len(parts) < _SEGMENTS and "/" not in text
    if is_open or (is_cut and any(part.endswith("*") for part in parts[1:5])):
        return ""  # a star may stand for what is missing
    if parts[0] != "arn":
        return 'it must begin with "arn:"'
    if len(parts) < _SEGMENTS:
        return "it needs six parts: arn, partition, service, region, account, resource"
    if not has_wildcard(parts[1]) and parts[1] not in PARTITIONS:
        return f'there is no partition "{parts[1]}"'
    if not has_wildcard(parts[4]) and not _ACCOUNT.match(parts[4]):
        return f'"{parts[4]}" is not an account'
    return "" if parts[5] else "it names no resource"


RULE = Rule(
    id="SC012",
    name="malformed-arn",
    severity=Severity.MEDIUM,
    summary="Every resource is an ARN or *, and principals are named in whole",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    fix="Write arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; parts that a service does not use stay empty.",
    judge=judge,
    needs=Trait.ODD_ARN,
)
