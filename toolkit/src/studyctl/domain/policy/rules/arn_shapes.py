"""Which ARNs the actions of a pattern work on, as far as beginnings of texts tell it: asked of every resource there is.

An ARN is held against them in a short form, its key, "service:+:+:name": of region and account only whether it has one,
and whether it is Amazon's own. What a kind of ARN asks beyond that is not seen here; then nothing meets, and the rule
has to look itself.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.globs import Glob, Reading, glob, matches
from studyctl.domain.policy.rules.actions import NOT_IN_NAMES, actions_of

_PARTS = 6
_REGIONS = {"": ("",), "*": ("", "+")}
_ACCOUNTS = {"": ("",), "aws": ("aws",), "*": ("", "+", "aws")}


class Shapes(NamedTuple):
    """What keys begin with, and patterns of keys that say more: what they match, and what they must not."""

    beginnings: tuple[str, ...]
    patterns: tuple[tuple[Glob, tuple[Glob, ...]], ...]

    def have(self, key: str) -> bool:
        """Whether one of the actions works on an ARN; False also where it takes a closer look."""
        if key.startswith(self.beginnings):
            return True
        for pattern, without in self.patterns:
            if matches(pattern, key) and not any(matches(other, key) for other in without):
                return True
        return False


def key_of(arn: str) -> str:
    """Return the key of an ARN of six parts without wildcards."""
    _, _, service, region, account, name = arn.split(":", _PARTS - 1)
    return f"{service}:{'+' if region else ''}:{'+' if account not in _ACCOUNTS else account}:{name}"


@functools.lru_cache(maxsize=16_384)
def shapes_of(pattern: str) -> Shapes:
    """Return the shapes of everything that the actions of a pattern in lower case work on."""
    types = {(action.service, use.resource_type): None for action in actions_of(pattern) for use in action.resources}
    shapes = [_shapes_of_type(*type_) for type_ in types]
    beginnings = (beginning for shape in shapes for beginning in shape.beginnings)
    patterns = (one for shape in shapes for one in shape.patterns)
    return Shapes(tuple(dict.fromkeys(beginnings)), tuple(dict.fromkeys(patterns)))


@functools.cache
def _shapes_of_type(service: str, name: str) -> Shapes:
    owner = catalogue().service(service)
    type_ = owner.resource_types.get(name) if owner else None
    keys = [key for arn in type_.patterns for key in _keys(arn)] if type_ else []
    without = [key for other in NOT_IN_NAMES.get((service, name), ()) for key in _keys(other.text)]
    if without:
        others = tuple(map(_pattern, without))
        return Shapes((), tuple((_pattern(key), others) for key in keys))
    plain = [key for key in keys if key.find("*") == len(key) - 1]
    return Shapes(tuple(key[:-1] for key in plain), tuple((_pattern(key), ()) for key in keys if key not in plain))


def _keys(arn: str) -> Iterator[str]:
    """Yield the keys that a kind of ARN may have; none where it asks for a partition, a region or some account."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[1] != "*" or "*" in parts[2]:
        return
    for region, account in itertools.product(_REGIONS.get(parts[3], ()), _ACCOUNTS.get(parts[4], ())):
        yield f"{parts[2]}:{region}:{account}:{parts[5]}"


def _pattern(key: str) -> Glob:
    return glob(key, Reading.TEXT, False)
