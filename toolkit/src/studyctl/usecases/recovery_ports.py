"""What a recovery needs of the outside, and what it says of the runs it accounts for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studyctl.domain.events import Event
from studyctl.domain.import_ids import Place
from studyctl.domain.journal import Phase, Step
from studyctl.domain.lock import HeldLock
from studyctl.domain.outcome import ApplyOutcome, PlanOutcome
from studyctl.domain.recovery import (
    RecoveryPlan,
)
from studyctl.domain.run import RunRecord
from studyctl.domain.state import StateSnapshot, UnsavedState
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown, StudyctlError
from studyctl.usecases import plan as planning
from studyctl.usecases.plan import JudgedPlan, OnEvent


class Terraform(planning.Terraform, Protocol):
    """What a recovery needs of terraform besides plan and apply."""

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        destroy: bool = False,
        targets: Sequence[str] = (),
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        """Plan into `out`, only `targets` and what they need when there are any."""
        ...

    def runs(self, workspace: Workspace) -> Sequence[RunRecord]:
        """Every operation that left a trace, oldest first."""
        ...

    def end_of(
        self, workspace: Workspace, record: RunRecord, *, on_event: OnEvent | None = None
    ) -> ApplyOutcome | StudyctlError:
        """Follow a run to its end and return what it came to."""
        ...

    def vouch_for(self, record: RunRecord) -> None:
        """Remember that it is known what a run came to."""
        ...

    def events_of(self, record: RunRecord) -> Iterator[Event]:
        """What a run said."""
        ...

    def last_sign_of_life(self, record: RunRecord) -> float:
        """When a run wrote anything last."""
        ...

    def unsaved_states(self, workspace: Workspace, record: RunRecord) -> Sequence[UnsavedState]:
        """States that could not be stored."""
        ...

    def state(self, workspace: Workspace) -> StateSnapshot | None:
        """What the stored state names."""
        ...

    def push_state(self, workspace: Workspace, path: Path) -> None:
        """Store a state."""
        ...

    def untaint(self, workspace: Workspace, address: str) -> None:
        """Take back that something must be replaced."""
        ...

    def forget(self, workspace: Workspace, address: str) -> None:
        """Take an address out of the state."""
        ...

    def force_unlock(self, workspace: Workspace, lock_id: str) -> None:
        """Remove a lock by its id."""
        ...


class Lock(Protocol):
    """The state lock as it lies in the store."""

    def held(self) -> HeldLock | None:
        """The lock, or nothing."""
        ...

    def remove(self, lock: HeldLock) -> None:
        """Delete the lock file if it is still what was looked at."""
        ...


class Root(Protocol):
    """A copy of the configuration that can hold imports."""

    @property
    def workspace(self) -> Workspace:
        """Where terraform works."""
        ...

    def make(self) -> None:
        """Make the copy."""
        ...

    def write_imports(self, imports: Mapping[str, str]) -> None:
        """Replace its import blocks: identity by address."""
        ...

    def remove(self) -> None:
        """Take the copy away."""
        ...


class Journal(Protocol):
    """Remembers which step a recovery is in."""

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        """Append a line."""
        ...


class Narrator(Protocol):
    """Tells what happens, and asks."""

    def step(self, step: Step) -> None:
        """A step begins."""
        ...

    def on_event(self) -> OnEvent:
        """What to call with terraform's events during the next operation."""
        ...

    def told(self, end: RunEnd) -> None:
        """What became of a run is known."""
        ...

    def decided(self, plan: RecoveryPlan) -> None:
        """Show what will be done."""
        ...

    def confirm(self, question: str) -> None:
        """Go on only after a yes."""
        ...

    def planned(self, plan: JudgedPlan) -> None:
        """Show the plan that adopts."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a recovery needs from the outside. `holder` is whom a lock of this machine and user names."""

    terraform: Terraform
    lock: Lock
    root: Root
    journal: Journal
    narrator: Narrator
    render: Callable[[], object]
    require_state: Callable[[], None]
    """Raises when the stored state cannot be the newest and there is nothing to put in its place."""
    holder: str
    place: Place


@dataclass(frozen=True)
class RunEnd:
    """What a run came to. `failure` is nothing when all of it was applied."""

    record: RunRecord
    words: str
    failure: StudyctlError | None = None

    @property
    def is_lost(self) -> bool:
        """Whether nobody can vouch for it."""
        return isinstance(self.failure, OutcomeUnknown)


class Steps:
    """Writes the journal around each step and tells the narrator."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    @contextmanager
    def __call__(self, step: Step, **facts: str) -> Iterator[None]:
        """Run the body as one step of the recovery, its end written down whatever it is."""
        self._ports.journal.write(step, Phase.STARTED, **facts)
        self._ports.narrator.step(step)
        try:
            yield
        except BaseException as failure:
            what = failure.what if isinstance(failure, StudyctlError) else type(failure).__name__
            self._ports.journal.write(step, Phase.FAILED, error=what)
            raise
        self._ports.journal.write(step, Phase.FINISHED)
