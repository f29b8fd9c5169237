"""Nobody can read or copy data that nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import can, may_use
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.admin import is_administrator
from studyctl.domain.policy.rules.escalation.power import DATA, nobodys
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait

READING = tuple(action for action in DATA if action != "kms:Decrypt")  # which has a rule of its own


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield the actions that an identity may use on a resource of which no policy speaks."""
    identity = subject.identity
    if not may_use(identity, READING) or is_administrator(identity):
        return  # who may do everything breaks another rule
    asked = identity.allowed.among(READING)
    answers = {action: can(identity, nobodys(identity, action)) for action in asked}
    for is_proven in (True, False):
        found = [
            action for action, one in answers.items() if (one.is_yes if is_proven else not one.is_yes and not one.is_no)
        ]
        if found:
            yield Offence(
                f"{identity} can read data that nobody named: {', '.join(found)}",
                identity.position,
                identity.name,
                str(answers[found[0]]),
                is_proven,
            )


RULE = Rule(
    id="SC302",
    name="data-exfiltration",
    severity=Severity.HIGH,
    summary="Nobody can read or copy data that nobody named",
    source="https://cloudsplaining.readthedocs.io/en/latest/glossary/data-exfiltration/",
    fix="Name the resources that are meant.",
    judge=judge,
    needs=Trait.READS_DATA,
)
