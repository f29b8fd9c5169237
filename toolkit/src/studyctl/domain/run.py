"""One supervised terraform operation, as it can be found again after its parent died."""

from __future__ import annotations

import enum
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RUN_ID_PATTERN = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


def new_run_id(now: datetime | None = None) -> str:
    """Return an id that sorts by time (UTC) and does not collide between two commands of one second."""
    return f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Operation(enum.Enum):
    """What terraform is asked to do; plan and apply are supervised, the others are short."""

    INIT = "init"
    PLAN = "plan"
    APPLY = "apply"
    READ = "read"

    @property
    def changes_things(self) -> bool:
        """Whether losing sight of it can lose sight of real resources."""
        return self is Operation.APPLY


class RunStatus(enum.Enum):
    """What a later command finds."""

    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A pid alone is reused; with its start time (a platform's opaque text) it is not."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class RunResult:
    """How terraform ended; `exit_code` is 128 + signal when a signal ended it, as a shell would say."""

    exit_code: int
    signal: int
    finished_at: float
    errored_state: Path | None = None
    """The state terraform could not store and left on disk, moved into the run's folder (0600)."""

    @property
    def was_killed(self) -> bool:
        """Whether terraform had no chance to save its state."""
        return self.signal != 0 or self.exit_code in (137, 139, 143)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One operation of one run. `folder` holds its stream, its errors and its result."""

    run_id: str
    environment: str
    operation: Operation
    argv: tuple[str, ...]
    started_at: float
    folder: Path
    process: ProcessIdentity | None
    status: RunStatus
    result: RunResult | None = None
    is_reported: bool = False
    doubt: str = ""
    """Not empty when a command found that nobody can say what it did; only `recover` clears that."""

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must still be told how it went."""
        return not self.is_reported and (self.operation.changes_things or self.status is RunStatus.RUNNING)

    @property
    def stream(self) -> Path:
        """Terraform's JSON lines."""
        return self.folder / "stream.jsonl"

    @property
    def stderr(self) -> Path:
        """What terraform said outside its stream."""
        return self.folder / "stderr.txt"
