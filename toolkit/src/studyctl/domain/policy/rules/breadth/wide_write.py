"""Writing to every resource of a kind."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from studyctl.domain.policy.catalogue import AccessLevel, Action
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import Reading, glob, matches
from studyctl.domain.policy.inclusion import is_covered
from studyctl.domain.policy.rules.actions import actions_of
from studyctl.domain.policy.rules.escalation.power import stranger
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject, has_wildcard, is_symbolic, offence
from studyctl.domain.policy.rules.traits import Trait

_CHANGING = frozenset({AccessLevel.WRITE, AccessLevel.PERMISSIONS})
SHOWN = 3
_LAST_PART = 5
_WILDCARD = re.compile(r"[*?]+")


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements whose resource pattern is every resource that a writing action knows."""
    if subject.kind not in GRANTING:
        return
    for statement in subject.document.allows:
        if statement.is_not_action or statement.is_not_resource or statement.conditions:
            continue
        patterns = [item for item in statement.resources or () if _is_candidate(item.text)]
        if not patterns:
            continue
        changing = {a.text for item in statement.actions for a in changing_actions(item.text.lower())}
        for item in patterns:
            wide = sorted(action for action in changing if _is_every(item.text, action))
            if wide:
                more = f" and {len(wide) - SHOWN} more" if len(wide) > SHOWN else ""
                actions = f"{', '.join(wide[:SHOWN])}{more}"
                yield offence(statement, f'{actions} on "{item.text}", which is every one of its kind')


def _is_candidate(resource: str) -> bool:
    """Whether it is a pattern. A bare star has a rule of its own."""
    return resource != "*" and has_wildcard(resource) and not is_symbolic(resource)


@functools.lru_cache(maxsize=4096)
def changing_actions(pattern: str) -> tuple[Action, ...]:
    """Return the actions of a pattern in lower case that change something."""
    return tuple(action for action in actions_of(pattern) if action.levels & _CHANGING)


def _is_every(resource: str, action: str) -> bool:
    """Whether a pattern holds every ARN of a kind; one is tried first, as most do not hold even that."""
    own = resource.split(":", _LAST_PART)
    if len(own) > _LAST_PART and not any(_holds(own[_LAST_PART], name) for name in _names(action)):
        return False
    pattern = glob(resource, Reading.ARN)
    arns = [_in_one_place(arn, resource) for arn in stranger(action) if arn != "*"]
    return any(
        matches(pattern, arn.replace("*?", "x")) and is_covered((glob(arn, Reading.ARN, False),), (pattern,))
        for arn in arns
    )


@functools.cache
def _names(action: str) -> tuple[str, ...]:
    return tuple({arn.split(":", _LAST_PART)[_LAST_PART]: None for arn in stranger(action) if arn != "*"})


@functools.lru_cache(maxsize=65_536)
def _holds(part: str, name: str) -> bool:
    return matches(glob(part), name)


def _in_one_place(arn: str, resource: str) -> str:
    """Take partition, region and account of a pattern: one for a single account is wide within it."""
    parts, own = arn.split(":", 5), resource.split(":", 5)
    head = (mine if part == "*?" else part for part, mine in zip(parts[:5], own, strict=False))
    return ":".join((*(_WILDCARD.sub("x", part) for part in head), parts[5]))


RULE = Rule(
    id="SC107",
    name="wide-write",
    severity=Severity.MEDIUM,
    summary="Writing is allowed to named resources, not to every one of a kind",
    source="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html",
    fix="Name the resources, or a prefix that only they have.",
    judge=judge,
    needs=Trait.GRANTING | Trait.WIDE_WRITE,
)
