"""A policy compiled: every statement is looked at once, and what is seen says which rules are worth asking.

The rules judge the policy themselves, so what is seen here may be too much and must never be too little
(tests/unit/domain/policy/rules/test_traits.py asks all rules and compares).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Sequence

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.clauses import is_comparable
from studyctl.domain.policy.documents import (
    CURRENT_VERSION,
    Condition,
    Document,
    Effect,
    PolicyKind,
    PrincipalKind,
    Qualifier,
    Statement,
)
from studyctl.domain.policy.grammar import PRINCIPAL_NEEDED
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.rules.action_patterns import ENOUGH, EVERY_ACTION, ActionPattern, action_pattern
from studyctl.domain.policy.rules.arn_shapes import key_of
from studyctl.domain.policy.rules.exposure.lock_out import CHANGING
from studyctl.domain.policy.rules.exposure.transport import SERVICES
from studyctl.domain.policy.rules.subjects import GRANTING, PolicySubject
from studyctl.domain.policy.rules.traits import Trait
from studyctl.domain.policy.rules.validity.malformed_arn import PARTITIONS, is_partly_named
from studyctl.domain.policy.rules.validity.mismatched_operator import fitting_types
from studyctl.domain.policy.rules.validity.too_large import LIMITS
from studyctl.domain.policy.rules.validity.unknown_condition_key import is_global

MAX_ARN = 2_048
"""AWS takes no longer ones; where ours is longer, the rules look themselves."""
MAX_PAIRS = 2_048
"""Of actions and resources of one statement; of more than that the rules look themselves."""
MAX_STATEMENTS = 20
"""Of one document, that are compared one with another."""
_SHORTEST_LIMIT = min(LIMITS.values())
_ARN = re.compile(
    rf"arn:(?:{'|'.join(sorted(PARTITIONS))}|\*):[^:]*:[^:]*:(?:[0-9]{{12}}|aws|cloudfront|aws-managed|\*|):"
    r"(?=.)([^*?]*)(.*)\Z",
    re.DOTALL,
)
"""An ordinary one; the groups are its last part up to the first wildcard, and from there."""
_BY_VALUE = frozenset(one for one in Comparison if one.name.startswith(("ADDRESS", "NUMBER", "DATE")))
_TO_HOLDERS = int(
    Trait.ESCALATES | Trait.PASSES_ROLES | Trait.PASSES_ANY_ROLE | Trait.RULES_PEOPLE
    | Trait.TAKES_CREDENTIALS | Trait.READS_DATA | Trait.DECRYPTS
)  # fmt: skip
"""What an Allow of nearly everything gives."""
_PRINCIPALS = {
    PrincipalKind.ANYONE: int(Trait.ANYBODY),
    PrincipalKind.AWS: int(Trait.AWS_PRINCIPAL),
    PrincipalKind.SERVICE: int(Trait.SERVICE_PRINCIPAL),
    PrincipalKind.FEDERATED: int(Trait.FEDERATED_PRINCIPAL),
    PrincipalKind.CANONICAL_USER: 0,
}
_ANYBODY, _LARGE = int(Trait.ANYBODY), int(Trait.LARGE)
_UNSUPPORTED, _ODD_ARN, _OVERLAP = int(Trait.UNSUPPORTED), int(Trait.ODD_ARN), int(Trait.OVERLAP)
_NOT_ACTION, _NOT_RESOURCE, _NOT_PRINCIPAL = int(Trait.NOT_ACTION), int(Trait.NOT_RESOURCE), int(Trait.NOT_PRINCIPAL)
_ODD_CONDITION, _MISPLACED, _WIDE_WRITE = int(Trait.ODD_CONDITION), int(Trait.MISPLACED), int(Trait.WIDE_WRITE)


def policy_traits(subject: PolicySubject) -> int:
    """Return the traits of a policy where it is attached."""
    kind, document = subject.kind, subject.document
    traits = _place_traits(kind, subject.service) | document_traits(document)
    needs_principal, is_trust = kind in PRINCIPAL_NEEDED, kind is PolicyKind.TRUST
    for statement in document.statements:
        if (statement.principals is None) is needs_principal or (statement.resources is None) is not is_trust:
            traits |= _MISPLACED
        if not statement.actions or () in (statement.resources, statement.principals):
            traits |= _MISPLACED
    return traits


@functools.cache
def _place_traits(kind: PolicyKind, service: str) -> int:
    found = Trait(0)
    if kind in GRANTING:
        found |= Trait.GRANTING
    if kind is PolicyKind.TRUST:
        found |= Trait.ON_ROLE
    if kind is PolicyKind.RESOURCE_CONTROL:
        found |= Trait.MISPLACED
    if kind is PolicyKind.RESOURCE:
        found |= Trait.ON_RESOURCE
        found |= Trait.OVER_HTTP if service in SERVICES else Trait(0)
        found |= Trait.LOCKABLE if service in CHANGING else Trait(0)
    return int(found)


def holder_traits(documents: Iterable[Document]) -> int:
    """Return the traits of whoever holds some policies."""
    traits = 0
    for document in documents:
        traits |= document_traits(document)
    return traits


def document_traits(document: Document) -> int:
    """Return the traits that do not depend on where a document is attached."""
    traits = _LARGE if len(document.text) > _SHORTEST_LIMIT and document.size_characters > _SHORTEST_LIMIT else 0
    if document.version != CURRENT_VERSION:
        traits |= int(Trait.OLD_VARIABLES)
    allowed: list[int] = []
    denied: list[int] = []
    for statement in document.statements:
        found, actions = _compiled(statement)
        traits |= found
        (allowed if statement.effect is Effect.ALLOW else denied).append(actions)
    return traits | (_OVERLAP if _has_overlap(allowed) or _has_overlap(denied) else 0)


def _has_overlap(sets: Sequence[int]) -> bool:
    """Whether one of some sets holds another; where they are many, whether two have anything in common."""
    if not _have_common(sets):
        return False
    return len(sets) > MAX_STATEMENTS or any(one & ~other == 0 for one, other in itertools.permutations(sets, 2))


def _have_common(sets: Sequence[int]) -> bool:
    seen = 0
    for one in sets:
        if one & seen:
            return True
        seen |= one
    return False


def _compiled(statement: Statement) -> tuple[int, int]:
    """Return the traits of a statement, and its actions as bits."""
    patterns = [action_pattern(item.text) for item in statement.actions]
    traits = actions = 0
    for pattern in patterns:
        traits |= pattern.written
        actions |= pattern.actions
    if statement.is_not_action or not patterns:
        actions = EVERY_ACTION
    if statement.conditions:
        traits |= _conditions(statement.conditions)
    odd, gives = _resources(statement, patterns)
    traits |= odd
    if statement.principals is not None and any(map(is_partly_named, statement.principals)):
        traits |= _ODD_ARN
    if statement.effect is Effect.ALLOW:
        traits |= gives | _allowed(statement, patterns)
    return traits, actions


def _allowed(statement: Statement, patterns: Sequence[ActionPattern]) -> int:
    """Return what an Allow gives whatever its resources, and to whom."""
    traits = _NOT_ACTION | _TO_HOLDERS if statement.is_not_action else 0
    for pattern in patterns:
        traits |= pattern.allowed
    if statement.principals is not None:
        for principal in statement.principals:
            traits |= _ANYBODY if principal.is_anyone else _PRINCIPALS[principal.kind]
        if statement.is_not_principal:
            traits |= _NOT_PRINCIPAL | _ANYBODY
    return traits


def _resources(statement: Statement, patterns: Sequence[ActionPattern]) -> tuple[int, int]:
    """Return what is odd about resources beside their actions, and what an Allow of them gives."""
    items = statement.resources
    if items is None or statement.is_not_resource:
        return (0, _given(patterns)) if items is None else (_ODD_ARN, _NOT_RESOURCE | _given(patterns))
    if len(items) * len(patterns) > MAX_PAIRS:
        return _ODD_ARN | _UNSUPPORTED, _given(patterns)
    odd = gives = 0
    keys: list[str] = []
    for item in items:
        text = item.text
        if text == "*":
            for pattern in patterns:
                gives |= pattern.star
            continue
        arn = _ARN.match(text) if len(text) <= MAX_ARN else None
        if arn is None or "${" in text or "(" in text:
            odd |= _ODD_ARN | _UNSUPPORTED
            gives |= _given(patterns)
            continue
        colons = text.count(":") - 5 if "*" in text[: arn.start(1)] else ENOUGH
        for pattern in patterns:
            if pattern.reaching & ~gives and pattern.may_reach(arn[1], colons):
                gives |= pattern.reaching
        keys.append(key_of(text.replace("*", "x").replace("?", "x") if arn[2] else text))
    if statement.conditions:
        gives &= ~_WIDE_WRITE
    if keys and not odd and not statement.is_not_action:
        odd = 0 if _all_meet(patterns, keys, has_star=len(keys) < len(items)) else _UNSUPPORTED
    return odd, gives


def _given(patterns: Sequence[ActionPattern]) -> int:
    """Return what an Allow gives on every resource."""
    traits = 0
    for pattern in patterns:
        traits |= pattern.star | pattern.reaching
    return traits


def _all_meet(patterns: Sequence[ActionPattern], keys: Sequence[str], *, has_star: bool) -> bool:
    """Whether every action that is written out works on one of the ARNs, and on every ARN one of the actions."""
    unmet = list(keys)
    for pattern in patterns:
        if pattern.wants_resource:
            is_met = False
            for key in keys:
                if pattern.meets(key):
                    is_met = True
                    if key in unmet:
                        unmet.remove(key)
            if not is_met and not has_star:
                return False
    if not unmet or any(pattern.is_unbounded for pattern in patterns):
        return True
    return all(any(pattern.meets(key) for pattern in patterns) for key in unmet)


def _conditions(conditions: Sequence[Condition]) -> int:
    traits = 0
    for condition in conditions:
        seen, is_by_value = _condition(condition.name, condition.qualifier, condition.key.text)
        traits |= seen
        if is_by_value:
            comparison = OPERATORS[condition.name].comparison
            if not all(is_comparable(comparison, value.text) for value in condition.values):
                traits |= _ODD_CONDITION
        if not condition.values:
            traits |= _ODD_CONDITION
    if len(conditions) > 1 and len({condition.key.text.lower() for condition in conditions}) < len(conditions):
        traits |= _ODD_CONDITION
    return traits


@functools.lru_cache(maxsize=4096)
def _condition(name: str, qualifier: Qualifier | None, key: str) -> tuple[int, bool]:
    """Return the traits of a condition whatever its values, and whether these must be looked at too."""
    found = Trait(0)
    known = catalogue().condition_key(key)
    operator = OPERATORS[name]
    if known is None or not is_global(key):
        found |= Trait.ODD_KEY
    if known is not None:
        fitting = fitting_types(operator.comparison)
        is_set = known.is_multivalued and qualifier is None and operator.comparison is not Comparison.NULL
        if is_set or qualifier is Qualifier.FOR_ALL_VALUES or (fitting is not None and known.type not in fitting):
            found |= Trait.ODD_OPERATOR
    is_plain = not operator.is_negated and qualifier is not Qualifier.FOR_ALL_VALUES
    if not is_plain or operator.comparison is Comparison.NULL:
        found |= Trait.ODD_CONDITION
    return int(found), operator.comparison in _BY_VALUE
