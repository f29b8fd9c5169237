"""Nobody can take credentials of whoever he likes."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import can, may_use
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.admin import is_administrator
from studyctl.domain.policy.rules.escalation.power import CREDENTIALS, SELF, nobodys
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield the actions that an identity may use on a resource of which no policy speaks."""
    identity = subject.identity
    if not may_use(identity, CREDENTIALS) or is_administrator(identity):
        return  # who may do everything breaks another rule
    asked = identity.allowed.among(CREDENTIALS)
    answers = {action: can(identity, nobodys(identity, action, _own(action))) for action in asked}
    for is_proven in (True, False):
        found = [
            action for action, one in answers.items() if (one.is_yes if is_proven else not one.is_yes and not one.is_no)
        ]
        if found:
            yield Offence(
                f"{identity} can get credentials of anybody: {', '.join(found)}",
                identity.position,
                identity.name,
                str(answers[found[0]]),
                is_proven,
            )


def _own(action: str) -> tuple[str, ...]:
    """Return what of an action's resources is the identity itself: new keys of its own are no exposure."""
    return SELF if action.startswith("iam:") else ()


RULE = Rule(
    id="SC301",
    name="credentials-exposure",
    severity=Severity.HIGH,
    summary="Nobody can take credentials of whoever he likes",
    source="https://cloudsplaining.readthedocs.io/en/latest/glossary/credentials-exposure/",
    fix="Name the resources that are meant.",
    judge=judge,
    needs=Trait.TAKES_CREDENTIALS,
)
