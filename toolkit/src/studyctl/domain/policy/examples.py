"""Finds ordinary members of sets: a text that is in all of some, and a resource that an action works on.

What people know makes the better example, so the patterns of a policy and of the reference are filled in first, and
only what fits neither is searched for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from studyctl.domain.policy.catalogue import Action, catalogue
from studyctl.domain.policy.globs import Glob, Reading, glob
from studyctl.domain.policy.inclusion import TooComplex, missing_word
from studyctl.domain.policy.sets import NO_TEXTS, Texts, missing

MAX_NAMED = 5
"""Patterns of one set that are taken for an example, before any search."""
_FILLED = {"Partition": "aws", "Region": "us-east-1", "Account": "111122223333"}
_PARTS = ("arn", "aws", "example", "us-east-1", "111122223333", "example")
_ARN_PARTS = len(_PARTS)
_BUCKETS = "arn:*:s3:::*"
"""A pattern that objects match too, of which no name of a bucket has the slash."""


def typical_resource(action: Action, resources: Sequence[Texts], stems: Sequence[str]) -> str | None:
    """Return an ordinary resource of an action; `stems` are what resources begin with, which most templates do not."""
    for pattern in named_patterns(resources):
        example = _filled_in(pattern.text)
        if all(texts.has(example) for texts in resources) and is_resource_of(action, example):
            return example
    for template in _templates(action.service, action.name):
        own = template.patterns[0].prefix
        if all(own.startswith(stem) or stem.startswith(own) for stem in stems):
            resource = member_of((*resources, template))
            if resource is not None and is_resource_of(action, resource):
                return resource
    return None


def named_patterns(resources: Sequence[Texts]) -> tuple[Glob, ...]:
    """Return the patterns of the first set that names something; what they mean is an example that people know."""
    found = next((texts for texts in resources if not texts.is_complement and not texts.is_everything), NO_TEXTS)
    return found.patterns[:MAX_NAMED]


@functools.lru_cache(maxsize=16_384)
def _filled_in(pattern: str) -> str:
    """Return a text with something ordinary for the wildcards of a pattern, which it perhaps does not match."""
    if "*" not in pattern and "?" not in pattern:
        return pattern
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS:
        parts = [known if part and not part.strip("*?") else part for part, known in zip(parts, _PARTS, strict=True)]
    return ":".join(parts).replace("*", "example").replace("?", "x")


def is_resource_of(action: Action, resource: str) -> bool:
    """Whether a text is a resource of an action; the widest templates hold what the others do."""
    return any(
        template.has(resource) and not ("/" in resource and template.patterns[0].text == _BUCKETS)
        for template in _templates(action.service, action.name, is_widest=True)
    )


@functools.lru_cache(maxsize=4096)
def _templates(service: str, name: str, *, is_widest: bool = False) -> tuple[Texts, ...]:
    """Return patterns of the ARNs that an action works on, the most ordinary ones first and the widest last."""
    action = catalogue().action(f"{service}:{name}")
    arns = [arn for type_ in catalogue().resource_types(action) for arn in type_.arns] if action else []
    filled = [] if is_widest else [_fill(arn, word, _FILLED) for word in ("example", "?*") for arn in arns]
    filled += [_fill(arn, "*", {}) for arn in arns]
    return tuple(Texts((glob(arn, Reading.ARN, False),)) for arn in filled)


def _fill(arn: str, name: str, known: dict[str, str]) -> str:
    first, *parts = arn.split("${")
    return first + "".join(known.get(key, name) + rest for key, _, rest in (part.partition("}") for part in parts))


def member_of(sets: tuple[Texts, ...] | list[Texts]) -> str | None:
    """Return a text in all of some sets; where one of them has a single text, it is that or none."""
    only = next((texts.only for texts in sets if texts.only is not None), None)
    if only is not None:
        return only if all(texts.has(only) for texts in sets) else None
    try:
        one_by_one = _single_patterns(sets)
        word = missing(sets, NO_TEXTS) if one_by_one is None else missing_word(*one_by_one)
    except TooComplex:
        return None
    return None if word is None else "".join(map(str, word))


def _single_patterns(sets: Iterable[Texts]) -> tuple[list[Glob], list[Glob]] | None:
    """Return what a text in all of some sets matches and what it must not match, where no set has a choice."""
    inside: list[Glob] = []
    outside: list[Glob] = []
    for texts in sets:
        if texts.is_complement:
            outside.extend(texts.patterns)
        elif len(texts.patterns) == 1:
            inside.extend(texts.patterns)
        else:
            return None
    return inside, outside
