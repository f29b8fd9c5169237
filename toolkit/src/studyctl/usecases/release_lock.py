"""Hold the lock of an environment's releases, be asked to stop, ask others to stop, and release what the dead left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from studyctl.domain.release.release_lock import (
    HEARTBEAT_SECONDS,
    HeldReleaseLock,
    LockLost,
    ReleaseLock,
    ReleaseLocked,
)
from studyctl.errors import Locked, StudyctlError

LOOK_AGAIN_SECONDS = 0.5
STOP_WAIT_SECONDS = 90.0
"""How long a release that was asked to stop may take: longer than a silent holder takes to count as dead."""


class LockStore(Protocol):
    """Where the lock lies. Writes are conditional: each says whether it was the one that won."""

    def held(self) -> HeldReleaseLock | None:
        """The lock, or nothing."""
        ...

    def take(self, lock: ReleaseLock) -> bool:
        """Write the lock if there is none."""
        ...

    def replace(self, held: HeldReleaseLock, lock: ReleaseLock) -> bool:
        """Write the lock if it is still exactly what was looked at."""
        ...

    def remove(self, held: HeldReleaseLock) -> bool:
        """Remove the lock if it is still exactly what was looked at."""
        ...


class StopAsked(StudyctlError):
    """Somebody wants this release to stop, to go back."""

    exit_code = 8

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} asked this release to stop")
        self.by = by


class Holding:
    """The lock as one command holds it. While it does, a thread says every few seconds that it lives."""

    def __init__(self, store: LockStore, lock: ReleaseLock, environment: str, *, now: Callable[[], str]) -> None:
        self._store = store
        self._lock = lock
        self._environment = environment
        self._now = now
        self._enough = threading.Event()
        self._beating: threading.Thread | None = None
        self._writing = threading.Lock()

    def __enter__(self) -> Self:
        """Nothing is taken yet: a plan may turn out to need no lock."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back, however it ended."""
        self.give_back()

    @property
    def is_held(self) -> bool:
        """Whether this command has it now."""
        return self._beating is not None

    def wait_until_free(self, *, timeout_seconds: float = 0) -> None:
        """See that nobody works on the environment's releases, without taking the lock.

        Raises:
            ReleaseLocked: a live holder, for longer than it may be waited for.
        """
        deadline = time.monotonic() + timeout_seconds
        while (held := self._store.held()) is not None and not held.is_stale and not self._is_ours(held):
            if time.monotonic() >= deadline:
                raise ReleaseLocked(self._environment, held)
            time.sleep(LOOK_AGAIN_SECONDS)

    def take(self, *, timeout_seconds: float = 0) -> None:
        """Take the lock, from a dead holder too; wait for a live one as long as that is allowed.

        Raises:
            ReleaseLocked: somebody else holds it.
        """
        if self.is_held:
            return
        deadline = time.monotonic() + timeout_seconds
        while True:
            fresh = self._lock.model_copy(update={"beat_at": self._now()})
            if self._store.take(fresh):
                break
            held = self._store.held()
            if held is None:
                continue
            if self._is_ours(held) or (held.is_stale and self._store.replace(held, fresh)):
                break
            if time.monotonic() >= deadline:
                raise ReleaseLocked(self._environment, held)
            time.sleep(LOOK_AGAIN_SECONDS)
        self._enough.clear()
        self._beating = threading.Thread(target=self._beat, name="release-lock", daemon=True)
        self._beating.start()

    def give_back(self) -> None:
        """Remove the lock if it is ours."""
        if self._beating is None:
            return
        self._enough.set()
        self._beating.join()
        self._beating = None
        held = self._store.held()
        if held is not None and self._is_ours(held):
            self._store.remove(held)

    def look(self) -> None:
        """See whether the lock is still ours and whether to go on.

        Raises:
            LockLost: somebody else has it.
            StopAsked: somebody asked this command to stop.
        """
        held = self._store.held()
        if held is None or not self._is_ours(held):
            raise LockLost(
                f"the lock on releases of {self._environment} is no longer ours",
                why=f"It is held by {held.lock}." if held else "Somebody removed it.",
                hint=f"See who goes on with it: studyctl lock show {self._environment}",
            )
        if held.lock.stop_asked_by:
            raise StopAsked(held.lock.stop_asked_by)

    def stop_others(self) -> HeldReleaseLock | None:
        """Ask a live holder to stop and take the lock when it did; tell whom it was taken from.

        Raises:
            ReleaseLocked: the holder is itself on the way back, or does not stop.
        """
        deadline = time.monotonic() + STOP_WAIT_SECONDS
        first: HeldReleaseLock | None = None
        while time.monotonic() < deadline:
            held = self._store.held()
            if held is None or held.is_stale:
                self.take()
                return first or held
            if held.lock.what.startswith(GOING_BACK):
                raise ReleaseLocked(self._environment, held)
            first = first or held
            if not held.lock.stop_asked_by:
                self._store.replace(held, held.lock.model_copy(update={"stop_asked_by": self._lock.who}))
            time.sleep(LOOK_AGAIN_SECONDS)
        assert first is not None  # noqa: S101 - the loop ended while somebody held it
        raise ReleaseLocked(self._environment, first)

    def _is_ours(self, held: HeldReleaseLock) -> bool:
        return held.lock.lock_id == self._lock.lock_id

    def _beat(self) -> None:
        while not self._enough.wait(HEARTBEAT_SECONDS):
            try:
                held = self._store.held()
                if held is None or not self._is_ours(held):
                    return  # `look` tells; a thread must not take back what somebody else took
                self._store.replace(held, held.lock.model_copy(update={"beat_at": self._now()}))
            except StudyctlError:
                continue  # no answer just now: being silent for too long is what others judge by


GOING_BACK = "rollback"
"""How the word for going back begins; whoever goes back is not stopped by somebody else who wants to."""


def release_lock(store: LockStore, environment: str, *, force: bool = False) -> ReleaseLock | None:
    """Remove the lock of a holder that is dead; with `force` of one that cannot be told dead, but is silent.

    Raises:
        Locked: the holder lives.
    """
    held = store.held()
    if held is None:
        return None
    if not held.is_stale and not (force and held.silent_seconds >= 2 * HEARTBEAT_SECONDS):
        raise Locked(
            f"the lock on releases of {environment} is live: {held.lock}",
            why=f"Its holder {held.liveness}. Two commands at once would undo each other's work.",
            hint=f"Stop that command, or go back: studyctl rollback {environment}",
        )
    if not store.remove(held):
        raise Locked(
            "the lock was taken anew while it was looked at",
            why="Somebody began to work on the environment. Nothing was changed.",
            hint="Wait until it is done, then run the command again.",
        )
    return held.lock
