"""What an identity can do: exact questions to what it is granted, answered with a request that shows it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.grants import Grants
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.scopes import Scope, scopes_of
from studyctl.domain.policy.verdict import Standing, Verdict

ANY = ("*",)
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
    grants = identity.grants
    layer, excepted = _scopes(target, identity.arn if identity.arn.startswith("arn:") else "")
    if not all(_may_match(own, target.actions) for own in grants.layers):
        return _NO
    inner = Grants((*grants.layers, layer), (*grants.denies, *excepted))
    return Answer(is_contained(inner, _NOTHING))


_NO = Answer(is_contained(_NOTHING, _NOTHING))


def _may_match(layer: tuple[Scope, ...], actions: tuple[str, ...]) -> bool:
    if any("*" in action or "?" in action for action in actions):
        return True
    names = [action.lower() for action in actions]
    return any(scope.actions.has(name) for scope in layer for name in names)


@functools.lru_cache(maxsize=16_384)
def _scopes(target: Target, arn: str) -> tuple[tuple[Scope, ...], tuple[Scope, ...]]:
    """Compile a target; what is true of every request by this principal, from now on, is added to its conditions."""
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, value in (*target.conditions, *_facts(arn)):
        conditions.setdefault(operator, {})[key] = value
    statement = {"Effect": "Allow", "Action": list(target.actions), "Resource": list(target.resources)}
    wanted = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": conditions}]}
    scopes = scopes_of([parse_policy_value(wanted, _QUESTION)])
    if not target.without:
        return scopes, ()
    refused = {"Effect": "Deny", "Action": "*", "Resource": list(target.without)}
    return scopes, scopes_of([parse_policy_value({"Version": "2012-10-17", "Statement": [refused]}, _QUESTION)])


def _facts(arn: str) -> Conditions:
    moment = f"{max(catalogue().dates.values())}T00:00:00Z"
    facts = (
        ("DateGreaterThanIfExists", "aws:CurrentTime", moment),
        ("DateGreaterThanIfExists", "aws:TokenIssueTime", moment),
    )
    return (*facts, ("StringEquals", "aws:PrincipalArn", arn)) if arn else facts
