"""Say whether a role may do something, and by which statement; or what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from studyctl.domain.policy.capabilities.echoes import without_echoes
from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.documents import Document, Statement
from studyctl.domain.policy.evaluator import Decision, Outcome, Policies, evaluate
from studyctl.domain.policy.globs import action_glob, matches
from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.graph import PolicyGraph, graph_of
from studyctl.domain.policy.graph.owners import owners_of
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.request import Request
from studyctl.errors import UsageError
from studyctl.usecases.iam import unknown_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer. `given` are the condition keys that it depends on; `is_certain` is false where nobody can tell.

    `within` are the statements of the boundary that let through what others allow.
    """

    role: str
    action: str
    resource: str
    decision: Decision
    given: Mapping[str, tuple[str, ...]]
    is_certain: bool = True
    within: tuple[Statement, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "role": self.role,
            "action": self.action,
            "resource": self.resource,
            "outcome": self.decision.outcome.value if self.is_certain else "not proven",
            "why": self.decision.why,
            "statements": [str(statement) for statement in self.decision.statements],
            "within": [str(statement) for statement in self.within],
            "given": {key: list(values) for key, values in self.given.items()},
        }


def explain(document: Mapping[str, Any], role: str, action: str, resource: str = "") -> tuple[Explanation, ...]:
    """Return the answer for one resource; without one, an answer for every resource that a statement names.

    Raises:
        UsageError: the plan has no such role, or AWS no such action.
    """
    graph = graph_of(document)
    identity = _role(graph, role)
    known = catalogue().action(action)
    if known is None:
        close = catalogue().suggest(action)
        raise UsageError(
            f"there is no action {action!r}",
            hint=f"Did you mean {close}?" if close else "Name it as policies do: s3:GetObject",
        )
    named = [_arn(graph, resource)] if resource else _named(identity, known.text)
    return tuple(_answer(graph, identity, known.text, one) for one in named or ["*"])


def _answer(graph: PolicyGraph, identity: Identity, action: str, resource: str) -> Explanation:
    answer = can(identity, Target((action,), (resource,)))
    witness = answer.verdict.witness
    context = dict(witness.context) if witness else {}
    asked = witness.resource if witness else resource
    policies = Policies(identity.policies, identity.boundary, resource=_resource_policy(graph, asked))
    decision = evaluate(policies, Request(identity.caller, action, asked, context))
    decision = replace(decision, statements=tuple(dict.fromkeys(decision.statements)))
    if not witness and not answer.is_no:
        doubt = Decision(Outcome.NOT_ALLOWED, str(answer), decision.statements)
        return Explanation(identity.name, action, resource, doubt, {}, is_certain=False)
    if decision.outcome is not Outcome.DENIED and (unknown := unknown_of(identity, graph.plan)):
        doubt = replace(decision, why=f"{decision.why}; but {unknown[0]}")
        return Explanation(identity.name, action, resource, doubt, {}, is_certain=False)
    asked_for = {condition.key.text.lower() for s in decision.statements for condition in s.conditions}
    given = {key: values for key, values in context.items() if key in asked_for}
    own, within = _apart(decision, identity.boundary or ())
    return Explanation(identity.name, action, resource, own, given, within=within)


def _apart(decision: Decision, boundary: tuple[Document, ...]) -> tuple[Decision, tuple[Statement, ...]]:
    """Return the decision by what allows it, and the statements of the boundary that let it through."""
    if not decision.is_allowed:
        return decision, ()
    sources = {document.source for document in boundary}
    within = tuple(one for one in decision.statements if one.position.source in sources)
    own = tuple(one for one in decision.statements if one not in within)
    return replace(decision, statements=own), within


def _named(identity: Identity, action: str) -> list[str]:
    """Return the resources of the statements, of any effect, that name an action."""
    found: dict[str, None] = {}
    for statement in (one for policy in identity.policies for one in policy.statements):
        if _is_about(statement, action):
            found.update({item.text: None for item in statement.resources or ()} or {"*": None})
    return list(found)


def _is_about(statement: Statement, action: str) -> bool:
    is_listed = any(matches(action_glob(item.text), action.lower()) for item in statement.actions)
    return is_listed is not statement.is_not_action


def _role(graph: PolicyGraph, name: str) -> Identity:
    identities = graph.world.identities
    for identity in identities:
        if name in (identity.name, identity.address, identity.arn):
            return without_echoes(identity, graph.plan)
    ends = [identity for identity in identities if identity.name.endswith(f"-{name}")]
    if len(ends) == 1:
        return without_echoes(ends[0], graph.plan)
    names = [identity.name for identity in identities]
    close = get_close_matches(name, names, 3, 0.4)
    raise UsageError(
        f"the plan has {'several roles' if ends else 'no role'} {name!r}",
        hint=f"Name one of: {', '.join([one.name for one in ends] or close or names)}",
    )


def _arn(graph: PolicyGraph, resource: str) -> str:
    """Return the ARN that a resource's address in the plan stands for; what is no address is taken as it is."""
    found = graph.plan.at(resource)
    if found is not None:
        return arn_of(found, graph.plan)
    if resource != "*" and not resource.startswith("arn:"):
        raise UsageError(
            f"{resource!r} is neither an ARN nor an address in the plan",
            hint="Name arn:aws:s3:::BUCKET/KEY, or module.buckets[...].aws_s3_bucket.main",
        )
    return resource


def _resource_policy(graph: PolicyGraph, arn: str) -> tuple[Document, ...] | None:
    """Return the policies that stand on a resource of the plan, or on the bucket of an object."""
    owner = arn.partition("/")[0] if arn.startswith("arn:") and ":s3:::" in arn else arn
    found = tuple(s.document for s in graph.policies if s.service and owner in owners_of(graph.plan, s.holder))
    return found or None
