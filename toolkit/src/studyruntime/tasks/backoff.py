"""How long to wait before a task is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable

MAX_DOUBLINGS = 60
"""Beyond this a float would lose the number; every limit is reached long before."""


def retry_delay_seconds(
    attempt: int, base_seconds: float, longest_seconds: float, draw: Callable[[], float] = random.random
) -> float:
    """The wait after `attempt` (1 is the first) failed: doubled each time, and at random between half and all of it.

    `draw` gives numbers from 0 to 1. Chance keeps tasks that failed together from coming back together.
    """
    whole = min(longest_seconds, base_seconds * 2.0 ** min(attempt - 1, MAX_DOUBLINGS))
    return whole * (0.5 + draw() / 2)
