"""Policies that nobody can change any more."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind, PrincipalKind, Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import action_glob, matches_any
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.exposure.narrowing import names_anybody
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence
from studyctl.domain.policy.rules.traits import Trait

CHANGING = {
    "kms": "kms:putkeypolicy",
    "s3": "s3:putbucketpolicy",
    "sqs": "sqs:setqueueattributes",
    "secretsmanager": "secretsmanager:putresourcepolicy",
}


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield statements that deny everybody the way back, and key policies that give nobody of ours one."""
    action = CHANGING.get(subject.service)
    if subject.kind is not PolicyKind.RESOURCE or action is None:
        return
    for statement in subject.document.denies:
        is_for_all = names_anybody(statement) and not statement.is_not_principal and not statement.conditions
        if is_for_all and _covers(statement, action):
            yield offence(statement, f"{action} is denied to everybody: only the root user or AWS can undo it")
    if subject.service == "kms" and not any(_keeps_a_way_back(s, action) for s in subject.document.allows):
        yield Offence(
            "nobody of the account may change this key policy: the key can be lost for ever", Position(subject.where)
        )


def _covers(statement: Statement, action: str) -> bool:
    patterns = [action_glob(item.text) for item in statement.actions]
    return matches_any(patterns, action) is not statement.is_not_action


def _keeps_a_way_back(statement: Statement, action: str) -> bool:
    has_somebody = any(principal.kind is PrincipalKind.AWS for principal in statement.principals or ())
    return has_somebody and _covers(statement, action)


RULE = Rule(
    id="SC405",
    name="lock-out",
    severity=Severity.HIGH,
    summary="Somebody of the account can always change the policy of a key, bucket, queue or secret",
    source="https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    fix="Allow the account's root principal kms:*, and give every Deny a condition that spares who must undo it.",
    judge=judge,
    needs=Trait.ON_RESOURCE | Trait.LOCKABLE,
)
