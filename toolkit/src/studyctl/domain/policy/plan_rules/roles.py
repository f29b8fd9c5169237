"""Controls of who becomes whom: a trust that names a principal of its account is enough, who is named needs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.evaluator import Authoriser, Outcome, Policies
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.plan_rules.subject import PlanSubject, control
from studyctl.domain.policy.request import Request
from studyctl.domain.policy.rules.escalation.admin import is_administrator
from studyctl.domain.policy.rules.escalation.power import more_than
from studyctl.domain.policy.rules.escalation.takeover import trusts
from studyctl.domain.policy.rules.rule import Offence

_ACTION = "sts:AssumeRole"


def trusts_name_nobody_who_has_less(subject: PlanSubject) -> Iterator[Offence]:
    """Yield who is named in the trust of a role that has more; a condition that nobody knows is a doubt."""
    world = subject.graph.world
    for arn, roles in world.trusting.items():
        own = world.by_arn.get(arn)
        if own is None or is_administrator(own):
            continue
        for role in roles:
            if role is not own and trusts(role, own):
                yield from _won(own, role)


def _won(own: Identity, role: Identity) -> Iterator[Offence]:
    more = more_than(role, own)
    if more is None or role.trust is None:
        return
    request = Request(own.caller, _ACTION, role.arn)
    if own.boundary is not None and not Authoriser(Policies(own.boundary)).decide(request).is_allowed:
        return
    decision = Authoriser(Policies(own.policies, own.boundary, resource=(role.trust,))).decide(request)
    if decision.outcome is Outcome.DENIED:
        return
    is_certain = more.is_certain and decision.is_allowed
    yield Offence(
        f"{own} {'can' if is_certain else 'may be able to'} become {role}, whose trust names it, and who has more: "
        f"{more.words}",
        own.position,
        own.name,
        witness=f"{_ACTION} on {role.arn}, {decision}",
        is_proven=is_certain,
    )


RULES = (
    control(
        "SC610",
        "trust-in-who-has-less",
        trusts_name_nobody_who_has_less,
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
        severity=Severity.HIGH,
        summary="No role lets in by name who has less",
        fix="Trust the service or the pipeline that is meant, or give what is needed to who needs it.",
    ),
)
