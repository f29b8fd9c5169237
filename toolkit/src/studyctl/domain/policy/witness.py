"""Finds a request that shows an excess: in a box, granted by one side and not by the other, and as ordinary as can be.

What a box holds may be too much (see boxes), so both sides are evaluated on the request; only then it is a witness.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from studyctl.domain.policy.boxes import Box
from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.clauses import Clause
from studyctl.domain.policy.documents import Statement
from studyctl.domain.policy.examples import is_resource_of, member_of, named_patterns, typical_resource
from studyctl.domain.policy.globs import Reading, glob, variable_name
from studyctl.domain.policy.grants import Grants
from studyctl.domain.policy.request import ANONYMOUS, Caller, CallerKind, Context, Request
from studyctl.domain.policy.rules.actions import works_on
from studyctl.domain.policy.scopes import Scope
from studyctl.domain.policy.sets import ALL_TEXTS, Texts, ValueSet, resolve
from studyctl.domain.policy.solving import solve
from studyctl.domain.policy.verdict import Witness

MAX_ACTIONS = 40
"""Actions of one box that are tried for a resource of their own type."""
MAX_LOOKED_AT = 200
"""Actions of one box that are chosen from."""
_FEW = 1_000
_SOMEBODY = Caller("arn:aws:iam::111122223333:role/somebody", CallerKind.ROLE)
_IMPLIED = frozenset({*_SOMEBODY.context, "aws:resourceaccount"})
"""Keys that a request has although its context does not say so."""
_CALLERS = (
    f"AWS:{_SOMEBODY.name}",
    "AWS:arn:aws:iam::*:role/somebody",
    "AWS:arn:aws:iam::*:user/*",
    "AWS:arn:aws:iam::*:role/*",
    "AWS:arn:aws:sts::*:assumed-role/*/somebody",
    "AWS:arn:aws:sts::*:assumed-role/*/*",
    "Service:*",
    "Federated:*",
    ANONYMOUS,
    "AWS:arn:aws:iam::*:*",
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why no witness was found, though nothing proves that there is none."""

    reason: str


def find_witness(box: Box, inner: Grants, outer: Grants) -> Witness | Doubt:
    """Return a request in a box that `inner` grants and `outer` does not, or why there is none to show."""
    actions = _some_actions(box)
    if not actions:
        wanted = ", ".join(
            str(pattern) for texts in box.actions if not texts.is_complement for pattern in texts.patterns
        )
        return Doubt(f"every action of today is covered, but not those that {wanted or 'NotAction'} may match one day")
    names = _variable_names(box, inner, outer)
    context = solve(box.clauses, names)
    if context is None:
        return Doubt(_condition_reason(box.clauses))
    untypical: _Found | None = None
    for action, resource, is_typical in _requests(box.resources, actions, context):
        request = Request(_caller(box), action, resource, context)
        allowing = inner.granting(request)
        if not allowing or outer.grants(request):
            continue
        if is_typical:
            return _judged(_Found(request, allowing, is_typical=True), names, box, inner, outer)
        untypical = untypical or _Found(request, allowing, is_typical=False)
    if untypical:
        return _judged(untypical, names, box, inner, outer)
    return Doubt(_condition_reason(box.clauses))


def plain_witness(scope: Scope, question: Scope, denied: Sequence[Scope]) -> Witness | None:
    """Return a request of a question that a statement allows, made at once where they are plain.

    Plain is what names nobody and has no variables.

    It is what `find_witness` finds in their box, with much less ado. None says nothing: there may be a request.
    """
    action = question.actions.only
    if action is None or scope.principals is not ALL_TEXTS:
        return None
    if any(deny.principals is not ALL_TEXTS for deny in denied):
        return None
    refused = tuple([deny.resources for deny in denied])
    found = _plain_request(action, (scope.resources, question.resources), refused, (*scope.clauses, *question.clauses))
    if found is None:
        return None
    return Witness(
        found.action, found.resource, (scope.statement, question.statement), "", found.context, found.is_typical
    )


class _Plain(NamedTuple):
    """A request by somebody, and whether its resource is of the action."""

    action: str
    resource: str
    context: Context
    is_typical: bool


@functools.lru_cache(maxsize=16_384)
def _plain_request(
    action: str, allowed: tuple[Texts, ...], refused: tuple[Texts, ...], clauses: tuple[Clause, ...]
) -> _Plain | None:
    """Return a request for what is in all sets of `allowed` and none of `refused`, and fulfils all clauses.

    It is the same for many policies.
    """
    sets = (*allowed, *(texts.complement() for texts in refused))
    if any(map(_is_blurred, sets)) or any(_is_blurred(clause.values) for clause in clauses):
        return None
    context = solve(tuple(dict.fromkeys(clauses)))
    if context is None:
        return None
    known = catalogue().action(action)
    found = next(_requests(sets, [known.text if known else action], context), None)
    if found is None:
        return None
    name, resource, is_typical = found
    if any(clause.key in _IMPLIED and clause.key not in context for clause in clauses):
        request = Request(_SOMEBODY, name, resource, context)
        if not all(clause.holds(request.lookup) for clause in clauses):
            return None
    return _Plain(name, resource, context, is_typical)


def _is_blurred(values: ValueSet) -> bool:
    return isinstance(values, Texts) and values.has_variables


class _Found(NamedTuple):
    """A request that one side grants, the statements that allow it, and whether its resource is of the action."""

    request: Request
    statements: tuple[Statement, ...]
    is_typical: bool


def _judged(found: _Found, names: frozenset[str], box: Box, inner: Grants, outer: Grants) -> Witness | Doubt:
    """A reference whose value nobody knows must not decide: then both sides are asked as if it matched anything."""
    request = found.request
    unknown = sorted(name for name in names if ":" not in name)
    if unknown and (_with_any_resource(outer).grants(request) or not _with_any_denied(inner).grants(request)):
        return Doubt(f"it depends on what {', '.join(f'${{{name}}}' for name in unknown)} will be")
    used = {clause.key for clause in box.clauses} | {name for name in names if ":" in name}
    context = {key: values for key, values in request.context.items() if key in used}
    principal = "" if request.caller is _SOMEBODY else request.caller.name
    return Witness(request.action, request.resource, found.statements, principal, context, found.is_typical)


def _some_actions(box: Box) -> list[str]:
    """Return actions of the box that are worth a try: where they are many, first those that its resources are of."""
    actions = list(itertools.islice(_actions(box), MAX_LOOKED_AT))
    if len(actions) > MAX_ACTIONS:
        actions.sort(key=lambda name: not _may_meet(name, box))
    return actions[:MAX_ACTIONS]


def _may_meet(name: str, box: Box) -> bool:
    """Whether an action works on something that the box names."""
    action = catalogue().action(name)
    named = named_patterns(box.resources)
    return action is not None and (not named or any(works_on(action, pattern) for pattern in named))


def _actions(box: Box) -> Iterator[str]:
    """Yield actions of the box that exist, or that a policy names outright; first those of the resources' services."""
    for pattern in (pattern for texts in box.actions if not texts.is_complement for pattern in texts.patterns):
        is_named = pattern.is_literal
        if is_named and all(texts.has(pattern.text.lower()) for texts in box.actions):
            known = catalogue().action(pattern.text)
            yield known.text if known else pattern.text
    positive = [_known_actions(texts) for texts in box.actions if not texts.is_complement] or [_all_actions()]
    negative = [_known_actions(texts) for texts in box.actions if texts.is_complement]
    known_ones = min(positive, key=len).intersection(*positive).difference(*negative)
    if len(known_ones) == 1:
        yield from known_ones
    elif known_ones:
        near = (name for service in sorted(_services(box)) for name in catalogue().expand(f"{service}:*"))
        rest = sorted(known_ones) if len(known_ones) < _FEW else catalogue().expand("*")
        yield from (name for name in itertools.chain(near, rest) if name in known_ones)


def _all_actions() -> frozenset[str]:
    return _known_actions(ALL_TEXTS)


@functools.lru_cache(maxsize=4096)
def _known_actions(texts: Texts) -> frozenset[str]:
    return frozenset(name for pattern in texts.patterns for name in catalogue().expand(pattern.text))


def _services(box: Box) -> set[str]:
    texts = {pattern.text for texts in box.resources if not texts.is_complement for pattern in texts.patterns}
    return {text.split(":", 3)[2] for text in texts if text.startswith("arn:") and text.count(":") > 2}  # noqa: PLR2004


def _requests(sets: Sequence[Texts], actions: Sequence[str], context: Context) -> Iterator[tuple[str, str, bool]]:
    """Yield action, resource and whether the two belong together; those that do come first."""
    resources = [resolve(texts, context.get) for texts in sets]
    only = next((texts.only for texts in resources if texts.only is not None), None)
    if only is not None and not all(texts.has(only) for texts in resources):
        return
    stems = [texts.patterns[0].prefix for texts in resources if len(texts.patterns) == 1 and not texts.is_complement]
    for text in actions:
        action = catalogue().action(text)
        if action is not None and not action.is_restrictable and all(texts.has("*") for texts in resources):
            yield text, "*", True
        if action is None:
            continue
        resource = (
            typical_resource(action, resources, stems)
            if only is None
            else only
            if is_resource_of(action, only)
            else None
        )
        if resource is not None:
            yield text, resource, True
    resource = member_of(resources) if only is None else only
    if resource is not None:
        for text in actions:
            yield text, resource, False


def _caller(box: Box) -> Caller:
    """Return somebody whom the box names, somebody of an account rather than a string that merely fits."""
    if all(texts.is_everything for texts in box.principals):
        return _SOMEBODY
    for template in _CALLERS:
        name = member_of((*box.principals, Texts((glob(template, Reading.TEXT, False),))))
        if name is not None:
            return Caller.of(name.partition(":")[2] if name != ANONYMOUS else name)
    return _SOMEBODY


def _variable_names(box: Box, inner: Grants, outer: Grants) -> frozenset[str]:
    """Return the names of all variables that could matter."""
    scopes = [scope for grants in (inner, outer) for part in (*grants.layers, grants.denies) for scope in part]
    own = {variable for texts in box.resources for pattern in texts.patterns for variable in pattern.variables}
    for scope in scopes:
        own.update(variable for pattern in scope.resources.patterns for variable in pattern.variables)
        for clause in scope.clauses:
            if isinstance(clause.values, Texts):
                own.update(variable for pattern in clause.values.patterns for variable in pattern.variables)
    return frozenset(map(variable_name, own))


def _with_any_resource(grants: Grants) -> Grants:
    layers = tuple(tuple(replace(scope, resources=ALL_TEXTS) for scope in layer) for layer in grants.layers)
    return replace(grants, layers=layers)


def _with_any_denied(grants: Grants) -> Grants:
    return replace(grants, denies=tuple(replace(scope, resources=ALL_TEXTS) for scope in grants.denies))


def _condition_reason(clauses: tuple[Clause, ...]) -> str:
    opaque = [clause.reason for clause in clauses if clause.reason]
    if opaque:
        return opaque[0]
    words = sorted({clause.words for clause in clauses} - {""})
    return f"no request could be made for or against: {'; '.join(words)}" if words else "no request could be made"
