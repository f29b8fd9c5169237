"""Where names of the emulated account lead on this machine: a file for whoever is not a task, such as smoke tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn
from studyctl.adapters.private_files import PrivateFolder

ADDRESSES_FILE = "addresses.json"


@dataclass(frozen=True)
class Addresses:
    """Every stand-in that runs. A name that is missing here leads nowhere: nothing needs its server yet."""

    stand_ins: tuple[StandIn, ...] = ()

    def find(self, host: str, port: int | None = None) -> StandIn | None:
        """The server that answers for a host of the account, and for one of its ports where they differ."""
        matching = [each for each in self.stand_ins if each.host == host]
        if port is not None:
            matching = [each for each in matching if each.port == port]
        return matching[0] if matching else None

    def having(self, stand_ins: Sequence[StandIn]) -> Addresses:
        """These as well, in place of those with the same name and port."""
        known = {(each.host, each.port): each for each in (*self.stand_ins, *stand_ins)}
        return replace(self, stand_ins=tuple(known[key] for key in sorted(known)))


def read_addresses(state_dir: Path) -> Addresses:
    """What the emulator of this folder has written; nothing when it runs no server."""
    text = PrivateFolder(state_dir).read(state_dir / ADDRESSES_FILE)
    if text is None:
        return Addresses()
    return Addresses(tuple(StandIn(**{**entry, "kind": Kind(entry["kind"])}) for entry in json.loads(text)))


def write_addresses(state_dir: Path, addresses: Addresses) -> None:
    """Tell where things are."""
    content = [asdict(each) for each in addresses.stand_ins]
    PrivateFolder(state_dir).write(state_dir / ADDRESSES_FILE, json.dumps(content, indent=2) + "\n")


def remove_addresses(state_dir: Path) -> None:
    """Nothing is here any more."""
    (state_dir / ADDRESSES_FILE).unlink(missing_ok=True)
