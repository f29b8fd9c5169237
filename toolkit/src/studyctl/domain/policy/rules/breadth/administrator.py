"""Identities that may do everything."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.admin import is_administrator
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield an administrator, after every Deny and every boundary."""
    identity = subject.identity
    if is_administrator(identity):
        limits = " within its boundary" if identity.boundary is not None else ""
        yield Offence(
            f"{identity} is an administrator{limits}: it rules over everybody's permissions and most services",
            identity.position,
            identity.name,
        )


RULE = Rule(
    id="SC101",
    name="administrator",
    severity=Severity.CRITICAL,
    summary="Nobody may do everything, after every Deny and boundary (IAM.1)",
    source="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1",
    fix="Name the actions and resources that are needed; `studyctl iam generate` writes a minimal policy.",
    judge=judge,
    needs=Trait.RULES_PEOPLE,
)
