"""Decrypting with every key."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import can
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.power import nobodys
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait

DECRYPTING = ("kms:Decrypt", "kms:ReEncryptFrom")


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield an identity that may decrypt with a key that nobody has named."""
    identity = subject.identity
    for action in DECRYPTING:
        answer = can(identity, nobodys(identity, action))
        if not answer.is_no:
            yield Offence(
                f"{identity} may use {action} with every key",
                identity.position,
                identity.name,
                str(answer),
                is_proven=answer.is_yes,
            )


RULE = Rule(
    id="SC303",
    name="decrypt-with-every-key",
    severity=Severity.HIGH,
    summary="Nobody decrypts with every key (KMS.1, KMS.2)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1",
    fix="Name the keys.",
    judge=judge,
    needs=Trait.DECRYPTS,
)
