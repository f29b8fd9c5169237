"""What the entries of a ledger mean together: what was proven and still counts, what is unfinished, what must go back.

Entries come in any order; their numbers say which is newer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from studyctl.domain.release.ledger import LedgerEntry, Status, newest
from studyctl.domain.release.migrations import Migration, ReleasedVersion

_ENDED_BADLY = frozenset({Status.FAILED, Status.STOPPED})
ROLLBACK_WINDOW = 3
"""How many proven releases below the serving one a contract migration must spare."""


def line_of(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The proven entries that still count, oldest first: the last one serves, or is to serve.

    What was rolled back from is not gone back to: with 1, 2, 3 proven and 3 rolled back, the next way back is 1.
    """
    line: list[LedgerEntry] = []
    for entry in sorted(entries, key=lambda each: each.number):
        if not entry.is_proven:
            continue
        if entry.operation.goes_back:
            while line and line[-1].origin != entry.origin:
                line.pop()
            if line:
                line.pop()  # the same content under a newer number
        line.append(entry)
    return tuple(line)


def last_proven(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """What a failed release goes back to: the newest that was proven, never "the one before"."""
    line = line_of(entries)
    return line[-1] if line else None


def base_of(entries: Sequence[LedgerEntry]) -> LedgerEntry | None:
    """What a new release builds on: what bakes, else the last proven one."""
    latest = newest(entries)
    return latest if latest is not None and latest.is_baking else last_proven(entries)


def unfinished(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """The entry that somebody works on, or left behind. Only the newest can be: a newer one supersedes it."""
    latest = newest(entries)
    return latest if latest is not None and latest.status is Status.UNDERWAY else None


def awaits_return(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """The entry that ended badly and that nothing answered yet. A failed way back is not answered by another one."""
    latest = newest(entries)
    if latest is None or latest.status not in _ENDED_BADLY or latest.operation.goes_back:
        return None
    return latest if latest.has_touched and not latest.is_stranded else None


def applied_after(entries: Iterable[LedgerEntry], number: int) -> tuple[Migration, ...]:
    """The migrations that were applied after entry `number`, oldest first, whatever became of the releases."""
    later = sorted((entry for entry in entries if entry.number > number), key=lambda entry: entry.number)
    return tuple(migration for entry in later for migration in entry.migrations)


def rollback_window(entries: Iterable[LedgerEntry]) -> tuple[ReleasedVersion, ...]:
    """The releases that may be put back, newest first, the serving one included."""
    return tuple(entry.version for entry in reversed(line_of(entries)[-ROLLBACK_WINDOW - 1 :]))


def find(entries: Iterable[LedgerEntry], number: int) -> LedgerEntry | None:
    """The entry of that number."""
    return next((entry for entry in entries if entry.number == number), None)


def superseded(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Entries that say they are under way although a newer one exists."""
    known = tuple(entries)
    latest = newest(known)
    return tuple(entry for entry in known if entry.status is Status.UNDERWAY and entry != latest)
