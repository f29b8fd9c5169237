"""A plan as a graph: who may become whom, what runs as whom, and what each may do to which resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.attached_policies import attached_policies
from studyctl.domain.policy.graph.computes import computes_of
from studyctl.domain.policy.graph.documents import PlannedDocuments
from studyctl.domain.policy.graph.identities import Identities
from studyctl.domain.policy.graph.reachability import Edge, edges_of
from studyctl.domain.policy.graph.resources import Plan
from studyctl.domain.policy.graph.world import World
from studyctl.domain.policy.rules.subjects import PolicySubject, Unreadable


@dataclass(frozen=True)
class PolicyGraph:
    """Everything of a plan that policies are about. `unreadable` are the policies that nobody can judge."""

    plan: Plan
    world: World
    policies: tuple[PolicySubject, ...]
    unreadable: tuple[Unreadable, ...]

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Return who gets from where to where."""
        return edges_of(self.plan, self.world)


def graph_of(document: Mapping[str, Any]) -> PolicyGraph:
    """Return the graph of terraform's plan JSON."""
    plan = Plan(document)
    documents = PlannedDocuments(plan)
    identities = Identities(plan, documents)
    everybody = identities.all()
    policies, unreadable = attached_policies(plan, documents)
    world = World(everybody, computes_of(plan), plan.account_id, plan.partition)
    boundaries = {identity.boundary_arn for identity in everybody if identity.boundary_arn}
    return PolicyGraph(
        plan,
        world,
        tuple(_as_boundary(subject, boundaries, plan) for subject in policies),
        tuple(dict.fromkeys((*unreadable, *identities.unreadable))),
    )


def _as_boundary(subject: PolicySubject, boundaries: set[str], plan: Plan) -> PolicySubject:
    """Return a policy that only limits as what it is."""

    resource = plan.at(subject.holder)
    if resource is not None and resource.type == "aws_iam_policy" and arn_of(resource, plan) in boundaries:
        return subject._replace(kind=PolicyKind.BOUNDARY)
    return subject
