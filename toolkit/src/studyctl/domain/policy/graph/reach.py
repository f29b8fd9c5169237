"""What an identity can do: exact questions to what it is granted, answered with a request that shows it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from studyctl.domain.policy.boxes import MAX_COMPARISONS, MAX_EFFORT
from studyctl.domain.policy.catalogue import Action, catalogue
from studyctl.domain.policy.clauses import Clause, compile_condition
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.documents import Condition, Item
from studyctl.domain.policy.globs import Glob
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.grants import Grants
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.inclusion import EFFORT
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.actions import works_on
from studyctl.domain.policy.rules.subjects import has_wildcard, is_symbolic
from studyctl.domain.policy.scopes import Scope, scopes_of
from studyctl.domain.policy.sets import Texts
from studyctl.domain.policy.verdict import Standing, Verdict, not_proven, refuted
from studyctl.domain.policy.witness import plain_witness

ANY = ("*",)
_LAST_PART = 5
_WILDCARD = re.compile(r"[*?]")
_QUESTION = "question"
_ASSUMED = frozenset({"aws:currenttime", "aws:tokenissuetime", "aws:principalarn"})
_NOTHING = Grants(((),), ())
Conditions = tuple[tuple[str, str, str], ...]
"""Operator, key and value of what is true of a request."""


@dataclass(frozen=True, slots=True)
class Target:
    """Requests that are asked about: one of some actions, on one of some resources but not on others."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ANY
    without: tuple[str, ...] = ()
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a request of a target is granted. `is_yes` and `is_no` are both false where nobody can tell."""

    verdict: Verdict

    @property
    def is_yes(self) -> bool:
        """Whether a request shows it."""
        return self.verdict.standing is Standing.REFUTED

    @property
    def is_no(self) -> bool:
        """Whether it is certain that no such request is granted."""
        return self.verdict.standing is Standing.PROVEN

    @property
    def resource(self) -> str:
        """Return the resource of the request that shows it."""
        return self.verdict.witness.resource if self.verdict.witness else ""

    def __str__(self) -> str:
        """Say the request, or why nobody can tell. What every question assumes is left out."""
        witness = self.verdict.witness
        if witness is None:
            return self.verdict.reason
        keys = (f"{key}={'|'.join(values)}" for key, values in witness.context.items() if key not in _ASSUMED)
        given = ", ".join(keys)
        by = ", ".join(str(s) for s in witness.statements if s.position.source != _QUESTION)
        return f"{witness.action} on {witness.resource}{' with ' + given if given else ''}, allowed by {by}"


def can(identity: Identity, target: Target) -> Answer:
    """Return whether an identity is granted a request of a target.

    It is the claim "nothing of the target is granted", so a witness against the claim is the request asked for.
    """
    action: Action | None = None
    if len(target.actions) == 1 and not has_wildcard(target.actions[0]):
        if not identity.allowed.about(target.actions[0]):
            return _NO
        grants = identity.grants_on(target.actions[0])
        action = catalogue().action(target.actions[0])
    elif may_use(identity, target.actions):
        grants = identity.grants
    else:
        return _NO
    layers = tuple([_reaching(layer, target.resources, action) for layer in grants.layers])
    if not all(layers):
        return _NO
    if identity.spent.comparisons > MAX_COMPARISONS or identity.spent.steps > MAX_EFFORT:
        return _TOO_COMPLEX
    question, excepted = _scopes(target)
    if identity.arn.startswith("arn:"):
        question = tuple(replace(scope, clauses=(*scope.clauses, _is_principal(identity.arn))) for scope in question)
    steps, comparisons = EFFORT.steps, EFFORT.comparisons
    answer = _answer(Grants(layers, (*grants.denies, *excepted)), question)
    identity.spent.steps += EFFORT.steps - steps
    identity.spent.comparisons += EFFORT.comparisons - comparisons
    return answer


def _answer(grants: Grants, question: tuple[Scope, ...]) -> Answer:
    """Return the yes that needs no proof, where nothing but unconditional denials limits the grants; else prove it."""
    if len(grants.layers) == len(question) == 1 and not any(deny.clauses for deny in grants.denies):
        witness = plain_witness(grants.layers[0][0], question[0], grants.denies)
        if witness is not None:
            return Answer(refuted(witness))
    return Answer(is_contained(Grants((*grants.layers, question), grants.denies), _NOTHING))


_TOO_COMPLEX = Answer(not_proven("the policies are too complex to answer every question about them"))
_NO = Answer(is_contained(_NOTHING, _NOTHING))


def may_use(identity: Identity, actions: tuple[str, ...]) -> bool:
    """Whether some policy names one of some actions, or a pattern that means it. A quick look, before any proof."""
    return bool(identity.allowed.among(actions)) or any(map(has_wildcard, actions))


def _reaching(layer: tuple[Scope, ...], wanted: tuple[str, ...], action: Action | None) -> tuple[Scope, ...]:
    """Return what is left of a layer: what may reach one of some resources, and can be a resource of the action.

    No request asks for iam:PutRolePolicy on a group, whatever a policy writes side by side.
    """
    left = (_reaching_part(scope, wanted, action) for scope in layer)
    return tuple([scope for scope in left if scope is not None])


def _reaching_part(scope: Scope, wanted: tuple[str, ...], action: Action | None) -> Scope | None:
    resources = scope.resources
    if resources.is_complement or resources.is_everything:
        return scope
    patterns = tuple([one for one in resources.patterns if not _is_idle(one, action)])
    if all(_are_apart(pattern.text, other) for pattern in patterns for other in wanted):
        return None
    if len(patterns) == len(resources.patterns):
        return scope
    return Scope(scope.statement, scope.principals, scope.actions, Texts(patterns), scope.clauses)


def _is_idle(pattern: Glob, action: Action | None) -> bool:
    """Whether an action works on nothing that matches a pattern; what only the apply will know may be anything."""
    if action is None or not action.is_restrictable or is_symbolic(pattern.text):
        return False
    return not works_on(action, pattern)


@functools.lru_cache(maxsize=65_536)
def _are_apart(one: str, other: str) -> bool:
    """Whether it is certain, part for part, that no ARN matches both.

    Only where no star before a colon can reach over it, and no variable can stand for anything.
    """
    own, others = one.split(":", _LAST_PART), other.split(":", _LAST_PART)
    if len(own) != len(others) or len(own) <= _LAST_PART or "${" in one or "${" in other:
        return False
    if any(part.endswith("*") for part in (*own[:-1], *others[:-1])):
        return False
    return any(_differ(mine, theirs) for mine, theirs in zip(own, others, strict=True))


def _differ(one: str, other: str) -> bool:
    """Whether two patterns differ before the first wildcard of either, or after the last."""
    stem, stem_of_other = _WILDCARD.split(one, maxsplit=1)[0], _WILDCARD.split(other, maxsplit=1)[0]
    if stem == one and stem_of_other == other:
        return one != other
    end, end_of_other = _WILDCARD.split(one)[-1], _WILDCARD.split(other)[-1]
    begins = stem.startswith(stem_of_other) or stem_of_other.startswith(stem)
    ends = end.endswith(end_of_other) or end_of_other.endswith(end)
    return not (begins and ends)


@functools.lru_cache(maxsize=16_384)
def _scopes(target: Target) -> tuple[tuple[Scope, ...], tuple[Scope, ...]]:
    """Compile a target; what is true of every request from now on is added to its conditions."""
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, value in (*target.conditions, *_facts()):
        conditions.setdefault(operator, {})[key] = value
    statement = {"Effect": "Allow", "Action": list(target.actions), "Resource": list(target.resources)}
    wanted = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": conditions}]}
    scopes = tuple(map(_unsaid, scopes_of([parse_policy_value(wanted, _QUESTION)])))
    if not target.without:
        return scopes, ()
    refused = {"Effect": "Deny", "Action": "*", "Resource": list(target.without)}
    return scopes, scopes_of([parse_policy_value({"Version": "2012-10-17", "Statement": [refused]}, _QUESTION)])


def _unsaid(scope: Scope) -> Scope:
    """Return a scope whose assumptions are left out where a reason is told: nobody wrote them."""
    return replace(
        scope,
        clauses=tuple(replace(one, words="") if one.key in _ASSUMED else one for one in scope.clauses),
    )


@functools.cache
def _facts() -> Conditions:
    moment = f"{max(catalogue().dates.values())}T00:00:00Z"
    return (
        ("DateGreaterThanIfExists", "aws:CurrentTime", moment),
        ("DateGreaterThanIfExists", "aws:TokenIssueTime", moment),
    )


@functools.lru_cache(maxsize=16_384)
def _is_principal(arn: str) -> Clause:
    """Return the condition that a request is made by somebody."""
    key, value, operator = (Item(text, Position(_QUESTION)) for text in ("aws:PrincipalArn", arn, "StringEquals"))
    return compile_condition(Condition("StringEquals", None, False, key, (value,), operator), has_variables=True)
