"""What is deployed in an environment, asked of the ledger, the state, the lock and the account. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studyctl.domain.journal import Standing
from studyctl.domain.lock import LockInfo
from studyctl.domain.records import DeploymentRecord, StateVersion
from studyctl.domain.verification import Verdict
from studyctl.usecases.deploy import PLATFORM_OUTPUT
from studyctl.usecases.verify import Observer, verify


class StateReader(Protocol):
    """Reads what the state bucket knows of an environment."""

    def exists(self) -> bool:
        """Whether there is a state bucket at all."""
        ...

    def state_version(self) -> StateVersion | None:
        """The newest state, or nothing."""
        ...

    def state_outputs(self) -> Mapping[str, Any]:
        """The outputs that the state holds; sensitive ones are left out."""
        ...

    def lock(self) -> LockInfo | None:
        """Who holds the lock, or nothing."""
        ...

    def latest_record(self) -> DeploymentRecord | None:
        """The newest deployment, or nothing."""
        ...


@dataclass(frozen=True)
class Status:
    """Everything that was found. `standing` is what this machine's last run says of itself."""

    state: StateVersion | None
    lock: LockInfo | None
    record: DeploymentRecord | None
    checks: Sequence[Verdict]
    standing: Standing | None

    @property
    def is_deployed(self) -> bool:
        """Whether there is anything."""
        return self.state is not None and self.state.resources > 0


def look(store: StateReader, observer: Observer, *, standing: Standing | None) -> Status:
    """Gather the status; an environment that was never deployed is a status too."""
    if not store.exists():
        return Status(state=None, lock=None, record=None, checks=(), standing=standing)
    state = store.state_version()
    platform = store.state_outputs().get(PLATFORM_OUTPUT) if state else None
    return Status(
        state=state,
        lock=store.lock(),
        record=store.latest_record(),
        checks=verify(platform, observer) if platform else (),
        standing=standing,
    )
