"""Proofs and explanations as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studyctl.cli.console import table
from studyctl.domain.policy.capabilities.judgement import Side
from studyctl.domain.policy.verdict import Standing

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.usecases.iam import Proof, RoleProof
    from studyctl.usecases.iam_explain import Explanation

_WORDS = {Standing.PROVEN: "yes", Standing.REFUTED: "no", Standing.NOT_PROVEN: "not proven"}


def proof_table(proof: Proof) -> RenderableType:
    """A row for each role, with what is missing, too much or unknown."""
    rows = [
        (
            role.name,
            ", ".join(role.contracts) or "none",
            _WORDS[role.judgement.sufficient],
            _WORDS[role.judgement.necessary],
            "\n".join((*role.problems, *(f"no recording shows {note}" for note in role.unrecorded))),
        )
        for role in proof.roles
    ]
    return table(("role", "contracts", "sufficient", "necessary", "what is missing, too much or unknown"), rows)


def proof_value(proof: Proof) -> dict[str, Any]:
    """The proof as data."""
    return {"roles": [_role_value(role) for role in proof.roles], "exact": not proof.inexact}


def proof_summary(proof: Proof) -> str:
    """`17 roles: 15 hold exactly what they need, 2 do not or cannot be proven to`."""
    inexact = len(proof.inexact)
    told = f"{len(proof.roles) - inexact} of {len(proof.roles)} roles hold exactly what they need"
    return told if not inexact else f"{told}; {inexact} do not, or it is not proven"


def explanation_text(explanations: tuple[Explanation, ...]) -> str:
    """A paragraph for each resource."""
    return "\n".join(_explained(one) for one in explanations)


def _explained(one: Explanation) -> str:
    outcome = one.decision.outcome.value if one.is_certain else "not proven"
    lines = [f"{one.role}: {one.action} on {one.resource} is {outcome}: {one.decision.why}"]
    lines += [f"  by {statement}" for statement in one.decision.statements]
    lines += [f"  within {statement}" for statement in one.within]
    lines += [f"  if {key} is {' or '.join(values)}" for key, values in one.given.items()]
    return "\n".join(lines)


def _role_value(role: RoleProof) -> dict[str, Any]:
    return {
        "role": role.name,
        "address": role.address,
        "contracts": list(role.contracts),
        "sufficient": role.judgement.sufficient.value,
        "necessary": role.judgement.necessary.value,
        **{
            side.value: [
                {
                    "action": one.action,
                    "resource": one.resource,
                    "statement": one.statement,
                    "condition": one.condition,
                    "verdict": str(one.verdict),
                }
                for one in role.judgement.differences
                if one.side is side
            ]
            for side in Side
        },
        "unknown": list(role.judgement.doubts),
    }
