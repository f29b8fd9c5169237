"""iam:PassRole to every service."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait

_NOBODYS = (("StringEquals", "iam:PassedToService", "some-other-service.amazonaws.com"),)


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield an identity that may pass a role to a service that nobody has named."""
    identity = subject.identity
    answer = can(identity, Target(("iam:PassRole",), conditions=_NOBODYS))
    if not answer.is_no:
        yield Offence(
            f"{identity} may pass roles to any service",
            identity.position,
            identity.name,
            str(answer),
            is_proven=answer.is_yes,
        )


RULE = Rule(
    id="SC204",
    name="pass-role-to-every-service",
    severity=Severity.MEDIUM,
    summary="iam:PassRole names the service with iam:PassedToService",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html",
    fix='Add "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}, with the service that is meant.',
    judge=judge,
    needs=Trait.PASSES_ROLES,
)
