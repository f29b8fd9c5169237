"""What was deployed, by whom, from which commit: the record that the ledger keeps, and what state says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from studyctl.domain.plan import ChangeAction, PlanSummary


@dataclass(frozen=True)
class StateVersion:
    """One version of a terraform state: `serial` rises with every write, `lineage` never changes."""

    serial: int
    lineage: str
    version_id: str | None
    terraform_version: str
    resources: int


@dataclass(frozen=True)
class ChangeCounts:
    """How many resources a plan touches."""

    create: int = 0
    update: int = 0
    replace: int = 0
    destroy: int = 0

    @classmethod
    def of(cls, plan: PlanSummary) -> ChangeCounts:
        """Count the changes of a plan."""
        counts = plan.counts
        return cls(
            create=counts.get(ChangeAction.CREATE, 0),
            update=counts.get(ChangeAction.UPDATE, 0),
            replace=counts.get(ChangeAction.REPLACE, 0),
            destroy=counts.get(ChangeAction.DESTROY, 0),
        )

    @property
    def total(self) -> int:
        """Resources that change in any way."""
        return self.create + self.update + self.replace + self.destroy


@dataclass(frozen=True)
class DeploymentRecord:
    """One finished deployment of an environment's infrastructure. Times are RFC 3339 in UTC."""

    run_id: str
    environment: str
    operation: str
    actor: str
    commit: str
    started_at: str
    finished_at: str
    plan_sha256: str | None
    changes: ChangeCounts
    state_serial: int | None
    state_version_id: str | None
    verified: bool
    toolkit_version: str
    terraform_version: str
    number: int = 0
    overrides: tuple[str, ...] = ()
    """What a person decided against the rules."""

    def with_number(self, number: int) -> DeploymentRecord:
        """The same record under the number it got in the ledger."""
        return replace(self, number=number)

    def to_json(self) -> dict[str, Any]:
        """Plain values, the layout of the ledger's files."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> DeploymentRecord:
        """Read a ledger file; unknown keys of newer versions are ignored.

        Raises:
            KeyError: a field is missing.
        """
        names = cls.__dataclass_fields__
        values = {name: content[name] for name in names if name in content}
        typed = {"changes": ChangeCounts(**content["changes"]), "overrides": tuple(content.get("overrides", ()))}
        return cls(**{**values, **typed})
