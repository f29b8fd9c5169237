"""Patterns of actions, compiled once: what follows from the text alone for every statement that holds it.

An estate writes the same patterns again and again, so what one means is kept, and the meaning of a statement is put
together from what its patterns mean.
"""

from __future__ import annotations

import functools
import operator
from bisect import bisect_left
from typing import NamedTuple

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.globs import action_glob, matches
from studyctl.domain.policy.rules.actions import actions_of
from studyctl.domain.policy.rules.arn_shapes import shapes_of
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
from studyctl.domain.policy.rules.traits import NO_TRAIT, Trait
from studyctl.domain.policy.rules.validity.retired_action import is_retired
from studyctl.domain.policy.rules.validity.unknown_action import is_unknown_action
from studyctl.domain.policy.rules.validity.unknown_service import is_unknown_service
from studyctl.domain.policy.rules.validity.unsupported_resource import UNDOCUMENTED, bound_actions

ENOUGH = 1 << 16
"""More colons than an ARN has."""
_MORE_THAN_ANY = ENOUGH + 1
EVERY_ACTION = -1
"""The set of all actions, those to come too."""
_LAST_PART = 5
_ASKED: tuple[tuple[tuple[str, ...], Trait, Trait], ...] = (
    (FIRST_ACTIONS, Trait.ESCALATES, NO_TRAIT),
    (("iam:PassRole",), Trait.PASSES_ROLES, Trait.PASSES_ANY_ROLE),
    (RULES_OVER_PEOPLE, NO_TRAIT, Trait.RULES_PEOPLE),
    (CREDENTIALS, NO_TRAIT, Trait.TAKES_CREDENTIALS),
    (READING, NO_TRAIT, Trait.READS_DATA),
    (DECRYPTING, NO_TRAIT, Trait.DECRYPTS),
)
"""Actions that identities are asked for: what one gives on any resource, and what on those that nobody named."""
_WIDE_WRITE, _STAR_RESOURCE = int(Trait.WIDE_WRITE), int(Trait.STAR_RESOURCE)


class ActionPattern(NamedTuple):
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
    text: str
    wants_resource: bool
    is_unbounded: bool

    def may_reach(self, stem: str, colons: int) -> bool:
        """Whether a stranger's ARN may match a pattern with a stem in its last part, and colons in that part.

        A star before that part may reach over a colon, so stems are compared only where the pattern has enough colons;
        the number of a pattern without such a star is ENOUGH.
        """
        if colons < self.stranger_colons:
            return True
        names = self.strangers
        place = bisect_left(names, stem)
        return place < len(names) and names[place].startswith(stem)

    def meets(self, key: str) -> bool:
        """Whether one of its actions works on the ARN of a key."""
        return shapes_of(self.text).have(key)


@functools.lru_cache(maxsize=16_384)
def action_pattern(text: str) -> ActionPattern:
    """Compile a text of an Action element."""
    folded = text.lower()
    if has_wildcard(folded.partition(":")[0]):
        return _of_any_service(text)
    known = actions_of(folded)
    allowed, reaching, strangers = _gives(folded)
    allowed |= int(Trait.WHOLE_SERVICE) if is_whole_service(text) else 0
    allowed |= int(Trait.MANAGES) if managing_actions(text) else 0
    return ActionPattern(
        actions=_bits(folded),
        written=_written(text),
        allowed=allowed,
        star=reaching & ~_WIDE_WRITE | (_STAR_RESOURCE if restrictable_actions(folded) else 0),
        reaching=reaching,
        strangers=tuple(sorted(strangers)),
        stranger_colons=max((name.count(":") for name in strangers), default=0),
        text=folded,
        wants_resource=bool(known) and not has_wildcard(text) and known[0].text not in UNDOCUMENTED,
        is_unbounded=bound_actions(folded) is None,
    )


def _of_any_service(text: str) -> ActionPattern:
    """Return the most that there can be: to look closer takes the whole catalogue."""
    reaching = int(functools.reduce(operator.or_, (trait for _, _, trait in _ASKED), Trait.WIDE_WRITE))
    anywhere = int(Trait.ESCALATES | Trait.PASSES_ROLES | Trait.WHOLE_SERVICE | Trait.MANAGES)
    return ActionPattern(
        actions=EVERY_ACTION,
        written=_written(text),
        allowed=anywhere | reaching & ~_WIDE_WRITE,
        star=_STAR_RESOURCE,
        reaching=reaching,
        strangers=(),
        stranger_colons=_MORE_THAN_ANY,
        text=text.lower(),
        wants_resource=False,
        is_unbounded=text.strip("*:") == "",
    )


def _written(text: str) -> int:
    if catalogue().is_known(text):
        return 0
    found = int(Trait.UNKNOWN_SERVICE) if is_unknown_service(text) else 0
    found |= int(Trait.UNKNOWN_ACTION) if is_unknown_action(text) else 0
    return found | (int(Trait.RETIRED_ACTION) if is_retired(text) else 0)


def _gives(folded: str) -> tuple[int, int, set[str]]:
    """Return what an Allow gives on any resource, what on strangers, and the last parts of the strangers' ARNs."""
    allowed = reaching = 0
    names: set[str] = set()
    strangers = {stranger(action.text) for action in changing_actions(folded)}
    if strangers:
        reaching |= _WIDE_WRITE
        names.update(name for arns in strangers for name in _last_parts(arns) if name is not None)
    for asked, on_any, on_strangers in _asked_among(folded):
        allowed |= on_any
        reaching |= on_strangers
        for name in _last_parts(stranger(asked)) if on_strangers else ():
            if name is None:
                allowed |= on_strangers
            else:
                names.add(name)
    return allowed, reaching, names


@functools.cache
def _last_parts(arns: tuple[str, ...]) -> tuple[str | None, ...]:
    """Return the last parts of ARNs, None for "*"."""
    parts = [arn.split(":", _LAST_PART) for arn in arns]
    return tuple({each[_LAST_PART] if len(each) > _LAST_PART else None: None for each in parts})


def _asked_among(folded: str) -> list[tuple[str, int, int]]:
    """Return the actions of a pattern of one service that identities are asked for, with what they give."""
    near = _asked().get(folded.partition(":")[0], {})
    if not has_wildcard(folded):
        return [near[folded]] if folded in near else []
    return [asked for name, asked in near.items() if matches(action_glob(folded), name)]


@functools.cache
def _asked() -> dict[str, dict[str, tuple[str, int, int]]]:
    """Return what identities are asked for, by service and by name in lower case."""
    found: dict[str, dict[str, tuple[str, int, int]]] = {}
    for actions, on_any, on_strangers in _ASKED:
        for action in actions:
            near = found.setdefault(action.partition(":")[0].lower(), {})
            _, any_before, strangers_before = near.get(action.lower(), (action, 0, 0))
            near[action.lower()] = (action, any_before | int(on_any), strangers_before | int(on_strangers))
    return found


def _bits(folded: str) -> int:
    """Return the actions of one service as bits. What it has beside its known actions is one more action of it."""
    service, mark, _ = folded.partition(":")
    if not mark:
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
