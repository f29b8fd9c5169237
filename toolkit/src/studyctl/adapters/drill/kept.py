"""What a drill keeps on this machine: the release to recover, beside the copies of the data, and its report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.private_files import PrivateFolder
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.errors import RecoveryFailed

RELEASE_FILE = "release.json"


@dataclass(frozen=True)
class KeptRelease:
    """A copy of the ledger's entry in the folder of the copies, which is removed as a whole."""

    folder: Path

    def keep(self, release: LedgerEntry) -> None:
        """Write the entry as the ledger has it."""
        PrivateFolder(self.folder).write(self.folder / RELEASE_FILE, release.model_dump_json(indent=1))

    def release(self) -> LedgerEntry:
        """Read it again."""
        text = PrivateFolder(self.folder).read(self.folder / RELEASE_FILE)
        if text is None:
            raise RecoveryFailed(f"{self.folder / RELEASE_FILE} is gone, so nobody knows what to release")
        return LedgerEntry.model_validate_json(text)

    def forget(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
