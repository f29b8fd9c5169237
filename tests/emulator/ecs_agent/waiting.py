"""Waiting for what has no event of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_SECONDS = 60.0


def eventually(look: Callable[[], T], *, seconds: float = DEADLINE_SECONDS) -> T:
    """What `look` returns as soon as it is true. The deadline is for a machine that hangs, no test depends on it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing came within {seconds:g} s; the last look showed {found!r}")
        time.sleep(0.02)
    return found
