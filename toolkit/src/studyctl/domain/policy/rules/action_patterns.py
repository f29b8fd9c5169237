"""Patterns of actions, compiled once: what follows from the text alone for every statement that holds it.

An estate writes the same patterns again and again, so what one means is kept, and the meaning of a statement is put
together from what its patterns mean.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.globs import action_glob, matches
from studyctl.domain.policy.rules.actions import actions_of, shapes_of
from studyctl.domain.policy.rules.breadth.service_wildcard import is_whole_service
from studyctl.domain.policy.rules.breadth.star_resource import restrictable_actions
from studyctl.domain.policy.rules.breadth.wide_management import managing_actions
from studyctl.domain.policy.rules.breadth.wide_write import changing_actions
from studyctl.domain.policy.rules.escalation.admin import RULES_OVER_PEOPLE
from studyctl.domain.policy.rules.escalation.power import CREDENTIALS, stranger
from studyctl.domain.policy.rules.escalation.privilege_escalation import FIRST_ACTIONS
from studyctl.domain.policy.rules.exposure.data_exfiltration import READING
from studyctl.domain.policy.rules.exposure.decrypt_all_keys import DECRYPTING
from studyctl.domain.policy.rules.subjects import has_wildcard
from studyctl.domain.policy.rules.traits import Trait
from studyctl.domain.policy.rules.validity.retired_action import is_retired
from studyctl.domain.policy.rules.validity.unknown_action import is_unknown_action
from studyctl.domain.policy.rules.validity.unknown_service import is_unknown_service
from studyctl.domain.policy.rules.validity.unsupported_resource import UNDOCUMENTED, bound_actions

EVERY_ACTION = -1
"""The set of all actions, those to come too."""
_LAST_PART = 5
_ON_STRANGERS: tuple[tuple[tuple[str, ...], Trait], ...] = (
    (RULES_OVER_PEOPLE, Trait.RULES_PEOPLE),
    (("iam:PassRole",), Trait.PASSES_ANY_ROLE),
    (CREDENTIALS, Trait.TAKES_CREDENTIALS),
    (READING, Trait.READS_DATA),
    (DECRYPTING, Trait.DECRYPTS),
)
"""Actions that a rule asks for on resources that nobody named."""


@dataclass(frozen=True, slots=True, eq=False)
class ActionPattern:
    """What one text of an Action element means. Traits are plain integers here: they are joined a million times.

    `actions` is a set as bits, one an action that has been met so far; two sets without a common bit have no common
    action. `written` are traits of every statement with it, `allowed` those of an Allow, `star` of an Allow on "*",
    and `reaching` of an Allow whose resources may hold one of `strangers`, the sorted last parts of ARNs that nobody
    named, of which the longest has `stranger_colons` colons.
    """

    actions: int
    written: int
    allowed: int
    star: int
    reaching: int
    strangers: tuple[str, ...]
    stranger_colons: int
    shapes: tuple[Callable[[str], object], ...]
    wants_resource: bool
    is_unbounded: bool

    def may_reach(self, stem: str, colons: int) -> bool:
        """Whether a stranger's ARN may match a pattern with a stem in its last part, and colons in that part.

        A star before a colon may reach over it, so parts are compared only where the pattern has enough of them.
        """
        if colons < self.stranger_colons:
            return True
        names = self.strangers
        place = bisect_left(names, stem)
        return place < len(names) and names[place].startswith(stem)

    def meets(self, arn: str) -> bool:
        """Whether one of its actions works on an ARN without wildcards."""
        for is_of_shape in self.shapes:  # noqa: SIM110 - any() takes twice the time, and this is asked of everything
            if is_of_shape(arn):
                return True
        return False


@functools.lru_cache(maxsize=16_384)
def action_pattern(text: str) -> ActionPattern:
    """Compile a text of an Action element."""
    folded = text.lower()
    is_literal = not has_wildcard(text)
    reaching, anywhere, strangers = _reaching(folded)
    return ActionPattern(
        actions=_bits(folded),
        written=int(_written(text)),
        allowed=int(_allowed(text, folded) | anywhere),
        star=int(reaching | (Trait.STAR_RESOURCE if restrictable_actions(folded) else 0)) & ~int(Trait.WIDE_WRITE),
        reaching=int(reaching),
        strangers=tuple(sorted(strangers)),
        stranger_colons=max((name.count(":") for name in strangers), default=0),
        shapes=shapes_of(folded),
        wants_resource=is_literal and bool(actions_of(folded)) and actions_of(folded)[0].text not in UNDOCUMENTED,
        is_unbounded=bound_actions(folded) is None,
    )


def _written(text: str) -> Trait:
    found = Trait(0)
    if is_unknown_service(text):
        found |= Trait.UNKNOWN_SERVICE
    if is_unknown_action(text):
        found |= Trait.UNKNOWN_ACTION
    return found | Trait.RETIRED_ACTION if is_retired(text) else found


def _allowed(text: str, folded: str) -> Trait:
    found = Trait(0)
    if is_whole_service(text):
        found |= Trait.WHOLE_SERVICE
    if managing_actions(text):
        found |= Trait.MANAGES
    if _among(folded, FIRST_ACTIONS):
        found |= Trait.ESCALATES
    return found | Trait.PASSES_ROLES if _among(folded, ("iam:PassRole",)) else found


def _reaching(folded: str) -> tuple[Trait, Trait, set[str]]:
    """Return what a pattern allows on strangers, what on any resource at all, and the last parts of strangers' ARNs."""
    reaching, anywhere, names = Trait(0), Trait(0), set[str]()
    meant = [(_among(folded, asked), trait) for asked, trait in _ON_STRANGERS]
    for actions, trait in (([action.text for action in changing_actions(folded)], Trait.WIDE_WRITE), *meant):
        parts = [arn.split(":", _LAST_PART) for action in actions for arn in stranger(action)]
        if parts:
            reaching |= trait
        if trait is not Trait.WIDE_WRITE and any(len(each) <= _LAST_PART for each in parts):
            anywhere |= trait
        names.update(each[_LAST_PART] for each in parts if len(each) > _LAST_PART)
    return reaching, anywhere, names


def _among(folded: str, actions: Iterable[str]) -> list[str]:
    if not has_wildcard(folded):
        return [action for action in actions if action.lower() == folded]
    service = folded.partition(":")[0]
    near = actions if has_wildcard(service) else [one for one in actions if one.lower().startswith(f"{service}:")]
    return [action for action in near if matches(action_glob(folded), action.lower())]


def _bits(folded: str) -> int:
    """Return the actions as bits. What a service has beside its known actions is one more action of it."""
    service, mark, _ = folded.partition(":")
    if not mark or has_wildcard(service):
        return EVERY_ACTION
    if not has_wildcard(folded):
        return _bit(folded if catalogue().action(folded) else _other(service))
    bits = _bit(_other(service))
    for action in catalogue().expand(folded):
        bits |= _bit(action.lower())
    return bits


def _other(service: str) -> str:
    return f"{service}:" if catalogue().service(service) else ""


@functools.cache
def _numbers() -> dict[str, int]:
    """Return the numbers of the actions that have been met, in lower case; a catalogue has no more than it has."""
    return {}


def _bit(action: str) -> int:
    numbers = _numbers()
    return 1 << numbers.setdefault(action, len(numbers))
