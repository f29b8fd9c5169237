"""Permissions that lead to more permissions."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.escalation.admin import is_administrator
from studyctl.domain.policy.rules.escalation.paths import ALL_PATHS
from studyctl.domain.policy.rules.escalation.takeover import Takeover, takeovers
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.traits import Trait

FIRST_ACTIONS = tuple(sorted({path.first for path in ALL_PATHS}))


def judge(subject: IdentitySubject) -> Iterator[Offence]:
    """Yield the paths that the identity can walk: the certain ones together, and those that nobody can rule out.

    An administrator has nothing left to win; that is another rule's offence.
    """
    first = frozenset(subject.identity.allowed.among(FIRST_ACTIONS))
    if not first or is_administrator(subject.identity):
        return
    found = [takeover for path in ALL_PATHS if path.first in first for takeover in takeovers(subject, path)]
    for is_certain in (True, False):
        some = [one for one in found if one.is_certain is is_certain]
        if some:
            yield _offence(subject, some, is_certain=is_certain)


def _offence(subject: IdentitySubject, found: list[Takeover], *, is_certain: bool) -> Offence:
    paths = "; ".join(one.words for one in found)
    verb = "can gain privileges" if is_certain else "may be able to gain privileges"
    return Offence(
        f"{subject.identity} {verb} by {paths}",
        subject.identity.position,
        subject.identity.name,
        witness="; ".join(dict.fromkeys(one.witness for one in found)),
        is_proven=is_certain,
    )


RULE = Rule(
    id="SC201",
    name="privilege-escalation",
    severity=Severity.CRITICAL,
    summary="Nobody can make permissions for himself, or take over somebody who has more",
    source="https://pathfinding.cloud/paths/",
    fix="Scope the first action to the resources it is for, pass only roles that can do no more, or set a boundary.",
    judge=judge,
    needs=Trait.ESCALATES,
)
