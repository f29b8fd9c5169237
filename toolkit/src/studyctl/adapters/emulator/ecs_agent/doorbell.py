"""How a request tells the agent that there is something to do: until then, the agent costs nothing."""

from __future__ import annotations

import threading

_rung = threading.Event()


def ring() -> None:
    """Something has changed."""
    _rung.set()


def wait(timeout_seconds: float | None) -> bool:
    """Wait for a ring, or for the time to pass; whether it rang. Rings in between count as one."""
    rang = _rung.wait(timeout_seconds)
    _rung.clear()
    return rang
