"""How much of its volume a server's folder takes, as `df` would say of a volume of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_BLOCK_BYTES = 512
"""The unit of st_blocks, whatever the file system's own block is: stat(2)."""


@dataclass(frozen=True)
class Volume:
    """A folder that may hold so many bytes. Nobody here makes a file system, so whoever writes has to ask first."""

    folder: Path
    size_bytes: int

    def has_room_for(self, more_bytes: int) -> bool:
        """Whether so much more may be written."""
        return used_bytes(self.folder) + more_bytes <= self.size_bytes


def used_bytes(folder: Path) -> int:
    """What the files below a folder take on the disk: a hole takes nothing.

    What goes away meanwhile, or belongs to nobody we may ask, counts nothing.
    """
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(where, name).lstat().st_blocks * _BLOCK_BYTES
            except OSError:
                continue
    return total
