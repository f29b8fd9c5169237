"""Decrypting with every key, or letting oneself decrypt."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.reach import Conditions, can
from studyctl.domain.policy.graph.world import Identity, IdentitySubject
from studyctl.domain.policy.rules.escalation.power import nobodys
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait

_TO_ONESELF: Conditions = (
    ("Bool", "kms:GrantIsForAWSResource", "false"),
    ("ForAnyValue:StringEquals", "kms:GrantOperations", "Decrypt"),
)
"""A grant that an AWS service makes for what it stores, or without Decrypt, lets nobody read by himself."""
_OUTRIGHT = ("kms:Decrypt", "kms:ReEncryptFrom")
_LETTING: Mapping[str, Conditions] = {"kms:CreateGrant": _TO_ONESELF, "kms:PutKeyPolicy": ()}
DECRYPTING = (*_OUTRIGHT, *_LETTING)


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield an identity that may decrypt with a key that nobody has named, or may write that it may."""
    identity = subject.identity
    for action in DECRYPTING:
        target = nobodys(identity, action)
        answer = can(identity, replace(target, conditions=(*target.conditions, *_LETTING.get(action, ()))))
        if not answer.is_no and (action in _OUTRIGHT or not _is_denied(identity)):
            yield Offence(
                f"{identity} may use {action} with every key",
                identity.position,
                identity.name,
                str(answer),
                is_proven=answer.is_yes,
            )


def _is_denied(identity: Identity) -> bool:
    """Whether its own policies deny it to decrypt, whoever allows it."""
    let = replace(identity, policies=(_anything(), *identity.policies), boundary=None)
    return can(let, nobodys(let, "kms:Decrypt")).is_no


@functools.cache
def _anything() -> Document:
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    return parse_policy_value({"Version": "2012-10-17", "Statement": [statement]}, "what a key may allow")


RULE = Rule(
    id="SC303",
    name="decrypt-with-every-key",
    severity=Severity.HIGH,
    summary="Nobody decrypts with every key, or can let himself (KMS.1, KMS.2)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1",
    fix='Name the keys. For grants that AWS services make add "Bool": {"kms:GrantIsForAWSResource": "true"}.',
    judge=judge,
    needs=Trait.DECRYPTS,
)
