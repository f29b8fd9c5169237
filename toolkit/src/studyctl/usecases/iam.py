"""Prove of every role of a plan that it is granted what its contracts need, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studyctl.domain.policy.capabilities.behaviour import NOT_NEEDED, Call, replayed
from studyctl.domain.policy.capabilities.commands import CommandContract, policies_of
from studyctl.domain.policy.capabilities.contracts import Kinds
from studyctl.domain.policy.capabilities.echoes import without_echoes
from studyctl.domain.policy.capabilities.judgement import Judgement, judge, judge_actions
from studyctl.domain.policy.capabilities.limits import FILE as LIMITS
from studyctl.domain.policy.capabilities.limits import actions_text
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.domain.policy.capabilities.required import joined, least, policy_text
from studyctl.domain.policy.capabilities.resolvers import PlanResolver, TemplateResolver, setting
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.graph.graph import PolicyGraph, graph_of
from studyctl.domain.policy.graph.resources import Plan
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.verdict import Standing
from studyctl.errors import Refused, UsageError

SHOWN = 20
TEMPLATE = ".json.tftpl"
"""How the names of generated files end: they are policies only once terraform has filled them in."""
_FILLED_IN = "managed_policy_arns"
"""An attribute of a role that the provider fills in: where the code is silent, attachments say what is meant."""


@dataclass(frozen=True, slots=True)
class RoleProof:
    """What was proven of one role."""

    address: str
    name: str
    contracts: tuple[str, ...]
    judgement: Judgement
    unrecorded: tuple[str, ...] = ()
    """What it is granted and was not seen to use, with the reason why no recording can show it."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return every difference and doubt in words."""
        return (*map(str, self.judgement.differences), *self.judgement.doubts)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of all roles of a plan."""

    roles: tuple[RoleProof, ...]

    @property
    def inexact(self) -> tuple[RoleProof, ...]:
        """Return the roles that are not proven to hold exactly what they need."""
        return tuple(role for role in self.roles if not role.judgement.is_exact)

    def enforce(self, *, is_told: bool = False) -> None:
        """Raise unless every role is proven.

        Raises:
            Refused: with what is missing, too much or not known, role by role; without it where it was told already.
        """
        found = self.inexact
        if not found:
            return
        lines = [f"{role.name}: {problem}" for role in found for problem in role.problems]
        shown = lines[:SHOWN]
        if len(lines) > SHOWN:
            shown.append(f"... and {len(lines) - SHOWN} more")
        refuted = any(Standing.REFUTED in (r.judgement.sufficient, r.judgement.necessary) for r in found)
        raise Refused(
            f"{len(found)} of {len(self.roles)} roles are not proven to hold exactly what they need",
            why="" if is_told else "\n".join(shown),
            hint="Mend the policy or the contract in iam-policies/capabilities (docs/iam.md)."
            if refuted
            else "Deploy it, then prove it again: the plan of what is deployed knows every resource.",
        )


Recording = Mapping[str, Sequence[Call]]
"""Calls that roles, by name, were seen to make."""
Unrecorded = Mapping[str, str]
"""Actions that no recording can show, or all of a statement by its name, each with the reason."""


def prove(
    document: Mapping[str, Any],
    contracts: Sequence[Contract],
    kinds: Kinds,
    recording: Recording | None = None,
    unrecorded: Unrecorded | None = None,
) -> Proof:
    """Judge every role of terraform's plan JSON by the contracts that are about it, and by what it was seen to do.

    A role of the recording must have needed everything that it holds, except for what is `unrecorded`.

    Raises:
        UsageError: the recording is of a role that the plan does not hold.
    """
    graph = graph_of(document)
    roles = graph.world.of_kind(IdentityKind.ROLE)
    seen = recording or {}
    if strange := sorted(set(seen) - {role.name for role in roles}):
        raise UsageError(
            f"the recording is of {', '.join(strange)}, which the plan does not hold",
            hint=f"Roles of the plan: {', '.join(role.name for role in roles)}",
        )
    proofs = (_of_role(role, graph, contracts, kinds, seen.get(role.name, ())) for role in roles)
    return Proof(tuple(_excused(proof, unrecorded or {}) for proof in proofs))


def role_names(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the roles of a plan."""
    return tuple(role.name for role in graph_of(document).world.of_kind(IdentityKind.ROLE))


def needed_by(identity: Identity, plan: Plan, contracts: Sequence[Contract], kinds: Kinds) -> Needed:
    """Return what an identity needs by all contracts that are about it."""
    found = [(contract, fields) for contract, fields in _about(identity, plan, contracts)]
    resolver = PlanResolver(plan)
    parts = [least(contract, kinds, resolver, fields) for contract, fields in found]
    documents = joined(parts, lambda number: f"contract {found[number][0].name}")
    doubts = tuple(f"the plan holds no {resource}, which a contract names" for resource in resolver.missing)
    return Needed(tuple(contract.name for contract, _ in found), documents, doubts)


@dataclass(frozen=True, slots=True)
class Needed:
    """What a role needs: by which contracts, as documents, and what of it the plan does not tell."""

    contracts: tuple[str, ...]
    documents: tuple[Document, ...]
    doubts: tuple[str, ...] = ()


def generated(contracts: Sequence[Contract], kinds: Kinds, commands: Sequence[CommandContract] = ()) -> dict[str, str]:
    """Return the least policy of every contract as a template for terraform's templatefile(), by name of file.

    Beside them the actions of all contracts together, which the boundary of every environment allows at most.
    """
    files = {LIMITS: actions_text(contracts, kinds)}
    files |= {f"{name}{TEMPLATE}": text for one in commands for name, text in policies_of(one).items()}
    for contract in contracts:
        fields = {name: f"<{name}>" for name in contract.fields}
        found = least(contract, kinds, TemplateResolver(fields), fields)
        if found.statements:
            files[f"{contract.name}{TEMPLATE}"] = policy_text(found.statements)
    return files


def _excused(proof: RoleProof, unrecorded: Unrecorded) -> RoleProof:
    """Take out of the differences what no recording could have shown."""
    kept, notes = [], []
    for difference in proof.judgement.differences:
        statement = difference.statement.removesuffix(f": {NOT_NEEDED}")
        names = (statement,) if statement in unrecorded else tuple(difference.action.split(", "))
        if statement != difference.statement and all(name in unrecorded for name in names):
            notes += [f"{name}: {unrecorded[name]}" for name in names]
        else:
            kept.append(difference)
    judgement = replace(proof.judgement, differences=tuple(kept))
    return replace(proof, judgement=judgement, unrecorded=tuple(dict.fromkeys(notes)))


def _of_role(
    role: Identity, graph: PolicyGraph, contracts: Sequence[Contract], kinds: Kinds, calls: Sequence[Call]
) -> RoleProof:
    role = without_echoes(role, graph.plan)
    needed = needed_by(role, graph.plan, contracts, kinds)
    doubts = (*needed.doubts, *unknown_of(role, graph.plan))
    if not needed.contracts:
        doubts = ("no contract says what it needs: write one in iam-policies/capabilities (docs/iam.md)", *doubts)
        return RoleProof(role.address, role.name, (), Judgement((), doubts))
    later = sum(_is_known_later(document, graph.plan) for document in role.policies)
    if not later:
        judgement = judge(role, needed.documents, doubts)
        if calls:
            judgement = replace(judgement, differences=(*judgement.differences, *replayed(role, calls)))
        return RoleProof(role.address, role.name, needed.contracts, judgement)
    count = "its policy names" if later == 1 else f"{later} of its policies name"
    doubts = (f"{count} resources that only the apply will know; its actions were judged", *doubts)
    return RoleProof(role.address, role.name, needed.contracts, judge_actions(role, needed.documents, doubts))


def _about(identity: Identity, plan: Plan, contracts: Sequence[Contract]) -> list[tuple[Contract, Mapping[str, str]]]:
    found = []
    for contract in contracts:
        fields = contract.fields_of(identity.address)
        if fields is not None and (not contract.when or setting(plan, contract.when)):
            found.append((contract, fields))
    return found


def unknown_of(role: Identity, plan: Plan) -> tuple[str, ...]:
    """Return why its permissions are not fully known, without what the provider merely repeats."""
    resource = plan.at(role.address)
    is_silent = resource is not None and _FILLED_IN not in resource.expressions
    return tuple(reason for reason in role.unknown if not (is_silent and f"which policy {_FILLED_IN} means" in reason))


def _is_known_later(document: Document, plan: Plan) -> bool:
    holder = plan.at(document.source)
    return holder is not None and holder.is_unknown("policy")
