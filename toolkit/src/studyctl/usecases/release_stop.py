"""What whoever stops a release is told: what is known of it at that moment, and the command that goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from studyctl.domain.release.ledger import LedgerEntry
from studyctl.errors import Interrupted, Terminated


@contextmanager
def resumable(entry: LedgerEntry) -> Iterator[None]:
    """Hold a body that works on an entry of the ledger: whoever stops it is told where it stands and how to go on.

    Raises:
        Interrupted, Terminated: the command was stopped; the entry can be resumed.
    """
    with _told(
        f"stopped; {entry.operation} {entry.number} stands at step {entry.step}",
        hint=f"Go on with it: studyctl release {entry.environment} --resume",
    ):
        yield


@contextmanager
def being_recorded(environment: str, what: str, *, why: str) -> Iterator[None]:
    """Hold a body that writes a new entry. Who stops it in a write has no answer: the entry may be there or not.

    Raises:
        Interrupted, Terminated: the command was stopped. The same command again makes no second entry: it is
            refused while the first is not finished.
    """
    with _told(
        f"stopped while the {what} was being recorded: the ledger of {environment} may have it or not",
        why=why,
        hint=f"If it is in `studyctl releases {environment}`, go on with it: studyctl release {environment} --resume. "
        "If not, run the command again.",
    ):
        yield


@contextmanager
def turning_back(failed: LedgerEntry) -> Iterator[None]:
    """Hold a body that records the way back from an entry that failed, which goes on whether it was recorded or not.

    Raises:
        Interrupted, Terminated: the command was stopped; the way back is still to be gone.
    """
    with _told(
        f"stopped before the last proven release was put back: release {failed.number} {failed.status}: "
        f"{failed.problem}",
        why="What it changed is still there. The way back may be recorded or not.",
        hint=f"Go back, either way: studyctl release {failed.environment} --resume",
    ):
        yield


@contextmanager
def _told(what: str, *, why: str = "", hint: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(what, why=why, hint=hint) from stop
    except (Interrupted, Terminated) as stop:
        raise type(stop)(what, why=why, hint=hint) from stop
