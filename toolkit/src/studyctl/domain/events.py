"""What terraform says while it works, as frozen values; only the terraform adapter makes them.

Values of attributes never get this far: an event names resources, actions and times, and the text of a diagnostic.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class Action(enum.Enum):
    """What terraform does to one resource."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NO_OP = "noop"
    IMPORT = "import"
    MOVE = "move"
    FORGET = "remove"
    OPEN = "open"
    RENEW = "renew"
    CLOSE = "close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`at` is terraform's clock in seconds since the epoch, 0.0 where a line had none."""

    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReported(Event):
    """The first line of every stream."""

    terraform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlanned(Event):
    """One resource the plan will change."""

    address: str
    action: Action
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound(Event):
    """One resource that was changed outside terraform."""

    address: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshStarted(Event):
    """One resource is being read."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshCompleted(Event):
    """One resource was read."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyStarted(Event):
    """A call for one resource is in flight from here on."""

    address: str
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyProgressed(Event):
    """A call is still in flight; terraform says so every ten seconds."""

    address: str
    action: Action
    elapsed_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyCompleted(Event):
    """One resource is done; `resource_id` is its identity when the provider named one."""

    address: str
    action: Action
    elapsed_seconds: int
    resource_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyErrored(Event):
    """One resource failed; a diagnostic says why."""

    address: str
    action: Action
    elapsed_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSummary(Event):
    """Terraform's own totals. For `operation == "apply"` it means the apply came to its end."""

    operation: str
    add: int
    change: int
    remove: int
    imported: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic(Event):
    """An error or a warning, without the source snippet (which may quote a value)."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str = ""
    address: str = ""
    filename: str = ""
    line: int = 0

    @property
    def text(self) -> str:
        """Summary and detail, for matching."""
        return f"{self.summary}\n{self.detail}"

    @property
    def where(self) -> str:
        """`file:line`, or nothing."""
        return f"{self.filename}:{self.line}" if self.filename else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputsReported(Event):
    """The root's output names, each with whether it is sensitive; never a value."""

    sensitive_by_name: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaited(Event):
    """Terraform asks for, or gives back, the state lock and that took long enough to mention."""

    is_release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(Event):
    """A line of a kind this version does not know, or one that is not JSON (`kind == "text"`)."""

    kind: str
