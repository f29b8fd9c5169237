"""A server's log: one file that every life appends to, and the part of it that a failed start wrote."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

KEPT_BYTES = 5_000_000
_BLOCK_BYTES = 64 * 1024


def open_for_append(path: Path) -> int:
    """A descriptor to append to, for its owner only; a long log is set aside first. The caller closes it."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > KEPT_BYTES:
            path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def last_lines(path: Path, count: int, *, since_bytes: int = 0) -> list[str]:
    """The last lines that are not older than the offset; none when there is no log."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = max(since_bytes, end - max(_BLOCK_BYTES, count * 512))
            file.seek(min(start, end))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:]
