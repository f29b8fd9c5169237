"""The values of a plan summary. Nothing here holds a sensitive value."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from studyctl.domain.plan.consequences import NO_CONSEQUENCE, Consequence, Severity


class ChangeAction(enum.Enum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DESTROY = "destroy"
    READ = "read"
    FORGET = "forget"
    NO_OP = "no-op"


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One value that differs, as text; `(sensitive)` and `(known after apply)` stand for what is not shown."""

    path: str
    before: str
    after: str
    forces_replacement: bool = False

    @property
    def name(self) -> str:
        """The attribute at the top of the path."""
        return self.path.split(".", 1)[0].split("[", 1)[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One resource. `module` is its module's address, empty for the root; `reason` is terraform's, in words."""

    address: str
    module: str
    resource_type: str
    action: ChangeAction
    attributes: tuple[AttributeChange, ...] = ()
    reason: str = ""
    is_import: bool = False
    moved_from: str = ""
    creates_first: bool = False
    is_deposed: bool = False
    consequence: Consequence = NO_CONSEQUENCE

    @property
    def forced_by(self) -> tuple[str, ...]:
        """The attributes that force the replacement."""
        return tuple(attribute.path for attribute in self.attributes if attribute.forces_replacement)

    @property
    def is_effective(self) -> bool:
        """Whether it does something: not a read, and not a no-op unless it imports or moves."""
        is_idle = self.action in (ChangeAction.READ, ChangeAction.NO_OP)
        return not is_idle or self.is_import or bool(self.moved_from)

    @property
    def removes(self) -> bool:
        """Whether the real thing that exists today is deleted."""
        return self.action in (ChangeAction.DESTROY, ChangeAction.REPLACE)


@dataclass(frozen=True, slots=True)
class OutputChange:
    """One output of the root that will differ."""

    name: str
    action: ChangeAction
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """Changes in the order of their addresses. `digest` is equal for plans that would do the same."""

    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: tuple[OutputChange, ...]
    provisioners: tuple[str, ...]
    providers: tuple[str, ...]
    terraform_version: str
    digest: str
    is_errored: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether applying it changes nothing real and no output."""
        return not self.outputs and not self.effective

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that do something: no reads, no no-ops unless they import or move."""
        return tuple(change for change in self.changes if change.is_effective)

    @property
    def counts(self) -> Mapping[ChangeAction, int]:
        """How many resources of each action, only what occurs."""
        return Counter(change.action for change in self.effective)

    @property
    def by_module(self) -> Mapping[str, tuple[Change, ...]]:
        """The effective changes of each module, in the order of the modules' addresses."""
        grouped: dict[str, list[Change]] = {}
        for change in sorted(self.effective, key=lambda change: (change.module, change.address)):
            grouped.setdefault(change.module, []).append(change)
        return {module: tuple(changes) for module, changes in grouped.items()}

    @property
    def worst(self) -> Severity:
        """The gravest consequence."""
        return max((change.consequence.severity for change in self.effective), default=Severity.NONE)

    def with_severity(self, severity: Severity) -> tuple[Change, ...]:
        """Return the effective changes of one severity."""
        return tuple(change for change in self.effective if change.consequence.severity is severity)


NOTHING = PlanSummary((), (), (), (), (), terraform_version="", digest="")
"""The summary of a plan that terraform itself called empty."""
