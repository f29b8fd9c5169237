"""iam:PassRole on every role."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import can
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.power import nobodys
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield an identity that may pass a role that nobody has named."""
    identity = subject.identity
    answer = can(identity, nobodys(identity, "iam:PassRole"))
    if not answer.is_no:
        yield Offence(
            f"{identity} may pass any role", identity.position, identity.name, str(answer), is_proven=answer.is_yes
        )


RULE = Rule(
    id="SC203",
    name="pass-role-on-every-role",
    severity=Severity.HIGH,
    summary="iam:PassRole names the roles: on every role its holder can become any of them",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    fix="Name the roles in Resource.",
    judge=judge,
    needs=Trait.PASSES_ANY_ROLE,
)
