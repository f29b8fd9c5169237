"""Whether a process is about to stop: set by a signal, asked by health checks."""

from __future__ import annotations

import threading


class Draining:
    """Whether the process is about to stop. Asked by health checks, from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def has_begun(self) -> bool:
        """Whether a signal came."""
        return self._event.is_set()

    def begin(self) -> None:
        """From now on the process is not ready."""
        self._event.set()
