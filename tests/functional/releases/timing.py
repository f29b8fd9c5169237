"""How long things took, told to whoever watches (`pytest -s`). The bars are judged there, never by a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from studyctl.domain.release.ledger import LedgerEntry


class Measured:
    """What is told of one case."""

    def __init__(self) -> None:
        self.facts: list[str] = []

    def add(self, fact: str) -> None:
        """One more fact."""
        self.facts.append(fact)


@contextmanager
def measured(what: str, bar_seconds: float | None = None) -> Iterator[Measured]:
    """Tell how long the body took."""
    began, told = time.monotonic(), Measured()
    yield told
    took = time.monotonic() - began
    bar = f" (bar {bar_seconds:g} s)" if bar_seconds else ""
    sys.stdout.write(f"\n  {what}: {took:.1f} s{bar}{''.join(f', {fact}' for fact in told.facts)}")


def seconds_between(entry: LedgerEntry, other: LedgerEntry | None = None) -> float:
    """From the beginning of an entry to the end of the same or another one."""
    from datetime import datetime  # noqa: PLC0415

    end = (other or entry).finished_at
    assert end is not None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(entry.started_at)).total_seconds()
