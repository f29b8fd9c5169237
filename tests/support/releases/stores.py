"""A ledger and a lock in memory, with the conditions of the real ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.support.releases.world import World

from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.release_lock import HeldReleaseLock, ReleaseLock
from studyctl.usecases.release_ports import LedgerMoved


@dataclass
class MemoryLedger:
    """Entries as text, so that only what survives being written counts. One object a command, one `kept` for all."""

    world: World
    kept: dict[int, tuple[int, str]] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)

    def for_another_command(self) -> MemoryLedger:
        return MemoryLedger(self.world, self.kept)

    def entries(self) -> tuple[LedgerEntry, ...]:
        return tuple(self.reread(number) for number in sorted(self.kept, reverse=True))

    def newest_number(self) -> int:
        return max(self.kept, default=0)

    def add(self, entry: LedgerEntry) -> LedgerEntry:
        def act() -> LedgerEntry:
            numbered = entry.numbered(self.newest_number() + 1)
            self._write(numbered, 1)
            return numbered

        return self.world.acting(f"ledger {entry.operation}", act)

    def save(self, entry: LedgerEntry) -> None:
        def act() -> None:
            version = self.kept[entry.number][0]
            if self.known.get(entry.number) != version:
                raise LedgerMoved(f"entry {entry.number} moved")
            self._write(entry, version + 1)

        self.world.acting(f"ledger {entry.number} {entry.status}", act, is_recorded=False)

    def reread(self, number: int) -> LedgerEntry:
        version, text = self.kept[number]
        self.known[number] = version
        return LedgerEntry.model_validate(json.loads(text))

    def _write(self, entry: LedgerEntry, version: int) -> None:
        self.kept[entry.number] = (version, json.dumps(entry.model_dump(mode="json")))
        self.known[entry.number] = version


@dataclass
class MemoryLock:
    """The lock of one environment. Whoever died gives nothing back, and is known to be dead."""

    world: World
    lock: ReleaseLock | None = None
    version: int = 0

    def held(self) -> HeldReleaseLock | None:
        if self.lock is None:
            return None
        return HeldReleaseLock(self.lock, str(self.version), 0.0, is_dead=self.lock.process in self.world.dead)

    def take(self, lock: ReleaseLock) -> bool:
        if self.lock is not None:
            return False
        self._write(lock)
        return True

    def replace(self, held: HeldReleaseLock, lock: ReleaseLock) -> bool:
        if str(self.version) != held.version:
            return False
        self._write(lock)
        return True

    def remove(self, held: HeldReleaseLock) -> bool:
        if str(self.version) != held.version or held.lock.process in self.world.dead:
            return False
        self.lock = None
        return True

    def _write(self, lock: ReleaseLock) -> None:
        self.lock, self.version = lock, self.version + 1
