"""What is remembered of a server between two commands: its process, its ports, and what it was started with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.local.process_table import ProcessIdentity, is_alive
from studyctl.adapters.local.program import Ports
from studyctl.adapters.private_files import PrivateFolder

FILE = "server.json"


@dataclass(frozen=True)
class Record:
    """The last life of a server. Its ports are kept after its end, so that the next one is found at the same place."""

    process: ProcessIdentity | None
    ports: Ports
    fingerprint: str

    @property
    def is_running(self) -> bool:
        """Whether its very process lives."""
        return self.process is not None and is_alive(self.process)

    @property
    def has_died(self) -> bool:
        """Whether it ended without having been stopped."""
        return self.process is not None and not is_alive(self.process)


def write(folder: Path, record: Record) -> None:
    """Replace the file, readable by its owner only."""
    process = record.process
    content = {
        "process": {"pid": process.pid, "born": process.born} if process else None,
        "ports": dict(record.ports),
        "fingerprint": record.fingerprint,
    }
    PrivateFolder(folder).write(folder / FILE, json.dumps(content, indent=2) + "\n")


def read(folder: Path) -> Record | None:
    """The record; None when there is none, or it was not written by `write`."""
    try:
        content = json.loads((folder / FILE).read_text("utf-8"))
        process = content["process"]
        return Record(
            process=ProcessIdentity(int(process["pid"]), str(process["born"])) if process else None,
            ports={str(name): int(port) for name, port in content["ports"].items()},
            fingerprint=str(content["fingerprint"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
