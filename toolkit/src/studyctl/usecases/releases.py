"""Tell what was released: the list, one entry whole, and what serves now according to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from studyctl.domain.release.history import awaits_return, find, last_proven, line_of, unfinished
from studyctl.domain.release.ledger import LedgerEntry, newest
from studyctl.errors import UsageError


class LedgerReader(Protocol):
    """Reads the release ledger."""

    def entries(self) -> tuple[LedgerEntry, ...]:
        """The newest entries, newest first."""
        ...


@dataclass(frozen=True)
class Overview:
    """The ledger at a glance. `serving` serves, or is what everything goes back to; `left` awaits somebody."""

    entries: tuple[LedgerEntry, ...]
    serving: LedgerEntry | None
    left: LedgerEntry | None
    line: tuple[int, ...]
    """The entries that a rollback may put back without being asked for by number, oldest first."""

    @property
    def found_serving(self) -> Mapping[str, str]:
        """What was found running when a way back failed."""
        latest = newest(self.entries)
        return latest.found_serving if latest is not None else {}


def look(ledger: LedgerReader) -> Overview:
    """Read the ledger."""
    entries = ledger.entries()
    return Overview(
        entries=entries,
        serving=last_proven(entries),
        left=unfinished(entries) or awaits_return(entries),
        line=tuple(entry.number for entry in line_of(entries)),
    )


def show(ledger: LedgerReader, number: int, environment: str) -> LedgerEntry:
    """One entry.

    Raises:
        UsageError: there is none of that number.
    """
    entries = ledger.entries()
    found = find(entries, number)
    if found is None:
        latest = newest(entries)
        known = f"The newest is {latest.number}." if latest else f"Nothing was released in {environment} yet."
        raise UsageError(
            f"{environment} has no release {number}", why=known, hint=f"List them: studyctl releases {environment}"
        )
    return found
