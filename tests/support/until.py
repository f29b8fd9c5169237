"""Waits for what no event announces."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONGEST_SECONDS = 180.0
POLL_SECONDS = 0.02


def until(
    answer: Callable[[], T],
    what: str,
    longest_seconds: float = LONGEST_SECONDS,
    *,
    poll_seconds: float = POLL_SECONDS,
) -> T:
    """The first true answer; a failure that says `what` was waited for if none comes."""
    deadline = time.monotonic() + longest_seconds
    while not (found := answer()):
        assert time.monotonic() < deadline, f"waited {longest_seconds:g} s for {what}"
        time.sleep(poll_seconds)
    return found
