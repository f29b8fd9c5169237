"""What the engine answers: proven, refuted with a witness, or not proven with the reason. Never a silent pass."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from studyctl.domain.policy.documents import Statement


class Standing(enum.Enum):
    """How far a claim is settled."""

    PROVEN = "proven"
    REFUTED = "refuted"
    NOT_PROVEN = "not proven"


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that one side allows and the other does not; the evaluator says so too.

    `context` holds the condition keys that the request needs, in lower case. `is_typical` is false where the
    catalogue knows no such resource for the action.
    """

    action: str
    resource: str
    statements: tuple[Statement, ...]
    principal: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_typical: bool = True

    def __str__(self) -> str:
        """Say it in one line."""
        keys = ", ".join(f"{key}={'|'.join(values)}" for key, values in self.context.items())
        given = f" with {keys}" if keys else ""
        who = f" by {self.principal}" if self.principal else ""
        by = ", ".join(str(statement) for statement in self.statements)
        return f"{self.action} on {self.resource}{who}{given}, allowed by {by}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim's standing: a witness when refuted, a reason when not proven."""

    standing: Standing
    witness: Witness | None = None
    reason: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether the claim holds for every request."""
        return self.standing is Standing.PROVEN

    @property
    def is_refuted(self) -> bool:
        """Whether a request shows that the claim is wrong."""
        return self.standing is Standing.REFUTED

    def __str__(self) -> str:
        """Say it in one line."""
        told = str(self.witness) if self.witness else self.reason
        return f"{self.standing.value}: {told}" if told else self.standing.value


PROVEN = Verdict(Standing.PROVEN)


def refuted(witness: Witness) -> Verdict:
    """Return that a request shows the contrary."""
    return Verdict(Standing.REFUTED, witness=witness)


def not_proven(reason: str) -> Verdict:
    """Return that the engine cannot tell, and why."""
    return Verdict(Standing.NOT_PROVEN, reason=reason)
