"""Who works on an environment's releases: who, what, since when, and whether they still live."""

from __future__ import annotations

from dataclasses import dataclass

from studyctl.domain.release.base import Recorded
from studyctl.errors import Locked

HEARTBEAT_SECONDS = 5.0
STALE_AFTER_SECONDS = 60.0
"""Twelve heartbeats: a holder that was silent for so long is dead, or so stuck that it may not go on."""


class ReleaseLock(Recorded):
    """The content of the lock. `beat_at` is when its holder last said that it lives, RFC 3339 in UTC."""

    lock_id: str
    who: str
    what: str
    since: str
    beat_at: str
    machine: str = ""
    process: str = ""
    """The holder's pid and start time; means something on `machine` only."""
    stop_asked_by: str = ""
    """Who asked the holder to stop; it does at its next look."""

    def __str__(self) -> str:
        return f"{self.who}, {self.what}, since {self.since}"


@dataclass(frozen=True)
class HeldReleaseLock:
    """A lock as it lies in the store. `version` is the store's mark of exactly this content.

    `silent_seconds` is measured by the store's own clock; `is_dead` is known only on the holder's machine.
    """

    lock: ReleaseLock
    version: str
    silent_seconds: float
    is_dead: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether nobody holds it any more."""
        return self.is_dead or self.silent_seconds >= STALE_AFTER_SECONDS

    @property
    def liveness(self) -> str:
        """What is known about its holder."""
        if self.is_dead:
            return "its process is gone"
        return f"it last gave a sign {self.silent_seconds:.0f} s ago"


class ReleaseLocked(Locked):
    """Somebody else releases, rolls back or bakes; `held` says who."""

    def __init__(self, environment: str, held: HeldReleaseLock) -> None:
        super().__init__(
            f"releases of {environment} are locked by {held.lock}",
            why=f"{'That run died' if held.is_stale else 'The lock is live'}: {held.liveness}.",
            hint=f"Finish what it began: studyctl release {environment} --resume"
            if held.is_stale
            else f"Wait for it with: --lock-timeout 10m. Stop it with: studyctl rollback {environment}",
        )
        self.held = held


class LockLost(Locked):
    """The lock is no longer ours: somebody took it while we were silent."""
