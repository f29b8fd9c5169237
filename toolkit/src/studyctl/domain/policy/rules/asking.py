"""Asks the rules that have something to judge: of a policy, and of an identity."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.rules.compiled import holder_traits, policy_traits
from studyctl.domain.policy.rules.registry import IDENTITY_RULES, POLICY_RULES
from studyctl.domain.policy.rules.rule import Rule, ask
from studyctl.domain.policy.rules.subjects import PolicySubject


def judge_policy(subject: PolicySubject, traits: int | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a document."""
    return ask(_policy_rules(policy_traits(subject) if traits is None else traits), subject, subject.where)


def judge_identity(subject: IdentitySubject, traits: int | None = None) -> Iterator[Finding]:
    """Yield what is wrong with an identity."""
    seen = holder_traits(subject.identity.policies) if traits is None else traits
    return ask(_identity_rules(seen), subject, subject.where)


def is_about_identities(traits: int) -> bool:
    """Whether whoever holds a policy with some traits may break a rule."""
    return bool(_identity_rules(traits))


@functools.lru_cache(maxsize=16_384)
def _policy_rules(traits: int) -> tuple[Rule[PolicySubject], ...]:
    return tuple(rule for rule in POLICY_RULES if int(rule.needs) & ~traits == 0)


@functools.lru_cache(maxsize=16_384)
def _identity_rules(traits: int) -> tuple[Rule[IdentitySubject], ...]:
    return tuple(rule for rule in IDENTITY_RULES if int(rule.needs) & ~traits == 0)
