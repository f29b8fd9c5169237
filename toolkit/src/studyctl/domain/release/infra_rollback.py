"""Which release's commit the infrastructure goes back to."""

from __future__ import annotations

from collections.abc import Sequence

from studyctl.domain.records import DeploymentRecord
from studyctl.domain.release.history import line_of
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.rollback import NothingToGoBackTo, proven_entry


def applied_commit(record: DeploymentRecord | None, state_serial: int | None) -> str | None:
    """The commit that the infrastructure is at; None when something was applied since its last finished deployment."""
    return record.commit if record is not None and record.state_serial == state_serial else None


def infrastructure_target(entries: Sequence[LedgerEntry], *, applied: str | None, to: int | None = None) -> LedgerEntry:
    """Pick the newest proven release whose commit is not what is applied, or the one that was asked for.

    Services and infrastructure go forward apart, so the release that serves counts: its commit is where the
    infrastructure was when it was last proven.

    Raises:
        NothingToGoBackTo: no proven release is of another commit.
        UsageError, Refused: the asked one does not exist, or was never proven.
    """
    if to is not None:
        return proven_entry(entries, to)
    line = line_of(entries)
    for entry in reversed(line):
        if entry.release.commit != applied:
            return entry
    environment = entries[0].environment if entries else "ENV"
    raise NothingToGoBackTo(
        f"every proven release is of the commit that is applied: {applied}" if line else "no release was ever proven",
        why="Infrastructure goes back to what the commit of a proven release says. Nothing was changed.",
        hint=f"Check out the files that you mean and deploy them: studyctl deploy {environment} --only infra",
    )
