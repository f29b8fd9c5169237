"""The actions that statements name, looked up once."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.policy.catalogue import Action, catalogue
from studyctl.domain.policy.documents import Item, Statement
from studyctl.domain.policy.globs import Glob, Reading, begins_match, glob, matches
from studyctl.domain.policy.inclusion import TooComplex, missing_word
from studyctl.domain.policy.rules.subjects import has_wildcard

_WILDCARD = re.compile(r"[*?]")
_SERVICE = 2
"""The part of an ARN that tells most kinds apart."""


def literal_actions(statement: Statement) -> Iterator[tuple[Item, Action]]:
    """Yield the actions that are written out and known."""
    for item in statement.actions:
        if not has_wildcard(item.text):
            action = catalogue().action(item.text)
            if action is not None:
                yield item, action


def granted_actions(item: Item) -> tuple[Action, ...]:
    """Return every action that one pattern of an Action element matches."""
    return actions_of(item.text.lower())


@functools.lru_cache(maxsize=16_384)
def actions_of(pattern: str) -> tuple[Action, ...]:
    """Return every action that a pattern in lower case matches."""
    names = catalogue().expand(pattern) if has_wildcard(pattern) else (pattern,)
    known = map(catalogue().action, names)
    return tuple(action for action in known if action is not None)


NOT_IN_NAMES = {("s3", "bucket"): (glob("arn:*:s3:::*/*", Reading.TEXT, False),)}
"""What a type's pattern would match although no name of that type can hold it."""


def works_on(action: Action, pattern: Glob) -> bool:
    """Whether an action can meet a resource that matches a pattern; True also where it takes too many steps to tell."""
    return _meet(pattern.text, _kinds(action.service, action.name))


@functools.lru_cache(maxsize=65_536)
def _meet(text: str, kinds: tuple[_Kind, ...]) -> bool:
    """Most actions of a service work on the same few kinds."""
    try:
        return Meetings(text).with_kinds(kinds)
    except TooComplex:
        return True


class Meetings:
    """Which actions can meet a resource that matches a pattern; actions on the same types are answered at once."""

    __slots__ = ("_is_open", "_known", "_parts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_open = "${" in text
        self._parts = text.split(":", 5)
        self._known: dict[_Kind, bool] = {}

    def with_action(self, action: Action) -> bool:
        """Whether an action works on one."""
        return self.with_kinds(_kinds(action.service, action.name))

    def with_kinds(self, kinds: tuple[_Kind, ...]) -> bool:
        """Whether one of them may be of one of some kinds."""
        known = self._known
        for kind in kinds:
            meets = known.get(kind)
            if meets is None:
                meets = known[kind] = self._meets(kind)
            if meets:
                return True
        return False

    def _meets(self, kind: _Kind) -> bool:
        """Whether an ARN of both kinds exists, part for part as people mean them: no star reaches over a colon."""
        if self._is_open or len(self._parts) < len(kind.parts):
            return self._meets_as_a_whole(kind)
        for place, stem, is_open, other in kind.telling:
            own = self._parts[place]
            if own == other:
                continue
            if "*" not in own and "?" not in own and (is_open or stem == other):
                if not is_open or not own.startswith(stem):
                    return False
            elif not _overlaps(own, other):
                return False
        return not kind.without or self._meets_as_a_whole(kind)

    def _meets_as_a_whole(self, kind: _Kind) -> bool:
        return missing_word((glob(self._text, Reading.RESOURCE), kind.pattern), kind.without) is not None


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """The ARNs of one type of resource: as a pattern, in parts, and what the pattern does not mean."""

    pattern: Glob
    parts: tuple[str, ...]
    without: tuple[Glob, ...]
    telling: tuple[tuple[int, str, bool, str], ...]
    """The parts that are more than a star, the service first: place, what it begins with, whether only a star follows
    that, and the part itself."""


@functools.lru_cache(maxsize=65_536)
def _kinds(service: str, action: str) -> tuple[_Kind, ...]:
    """Return the kinds of ARNs that an action works on."""
    known = catalogue().action(f"{service}:{action}")
    types = catalogue().resource_types(known) if known else ()
    return tuple(
        _kind(pattern, NOT_IN_NAMES.get((service, type_.name), ())) for type_ in types for pattern in type_.patterns
    )


@functools.lru_cache(maxsize=16_384)
def _kind(pattern: str, without: tuple[Glob, ...]) -> _Kind:
    parts = tuple(pattern.split(":", 5))
    return _Kind(glob(pattern, Reading.ARN, False), parts, without, tuple(_telling(parts)))


def _telling(parts: tuple[str, ...]) -> Iterator[tuple[int, str, bool, str]]:
    for place in sorted(range(len(parts)), key=_SERVICE.__ne__):
        part = parts[place]
        if part != "*":
            stem = _WILDCARD.split(part, maxsplit=1)[0]
            yield place, stem, part == f"{stem}*", part


@functools.lru_cache(maxsize=65_536)
def _overlaps(one: str, other: str) -> bool:
    """Whether a text matches two patterns; most pairs differ before their first wildcard."""
    stem, stem_of_other = _WILDCARD.split(one, maxsplit=1)[0], _WILDCARD.split(other, maxsplit=1)[0]
    if not stem.startswith(stem_of_other) and not stem_of_other.startswith(stem):
        return False
    for mine, its_stem, theirs in ((one, stem, other), (other, stem_of_other, one)):
        if mine == its_stem:
            return matches(glob(theirs), mine)
        if mine == f"{its_stem}*":
            return begins_match(glob(theirs), its_stem)
    if matches(glob(other), _WILDCARD.sub("x", one)) or matches(glob(one), _WILDCARD.sub("x", other)):
        return True
    return missing_word((glob(one), glob(other)), ()) is not None
