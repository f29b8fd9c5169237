"""Signals while terraform works: one is passed on, the next are explained, only a deliberate third forces.

Terraform ends at once at any second signal, and then neither the calls in flight nor what they made are in its state.
"""

from __future__ import annotations

import enum
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

FORCE_PAUSE_SECONDS = 1.0
"""A third Ctrl-C counts only this long after the explanation was given, so that nobody forces by drumming."""

_STOPS = (signal.SIGINT, signal.SIGTERM)


class Interruption(enum.Enum):
    """What a signal did; the callback is told before it takes effect, so that a journal line comes first."""

    FORWARDED = "terraform was asked to stop; it finishes the calls in flight and saves its state"
    EXPLAINED = (
        "terraform is stopping and still has calls in flight. Stopping it now would lose track of what they make; "
        "press Ctrl-C once more to do that all the same"
    )
    FORCED = "terraform is forced to stop; what was in flight is unknown"


class Interrupts:
    """Receives the signals of this process for all terraform runs below it.

    Enter it in the main thread around the work (re-entering is harmless, the outermost entry forgets earlier signals);
    runs in other threads watch it, and entering there does nothing. SIGHUP is ignored meanwhile: a closed terminal is
    no reason to leave a deploy half done.
    """

    def __init__(
        self, tell: Callable[[Interruption], None] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listeners = [tell] if tell else []
        self._clock = clock
        self._untold: queue.SimpleQueue[Interruption] = queue.SimpleQueue()
        self._previous: dict[int, Any] = {}
        self._depth = 0
        self._explained_at: float | None = None
        self.first: signal.Signals | None = None
        self.is_forced = False

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self.first is not None

    def tell_also(self, listener: Callable[[Interruption], None]) -> None:
        """Call one more for each signal, after those that were there before."""
        self._listeners.append(listener)

    def __enter__(self) -> Self:
        """Take the signals over."""
        if threading.current_thread() is threading.main_thread():
            self._depth += 1
            if self._depth == 1:
                self.first, self.is_forced, self._explained_at = None, False, None
                self._install()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        if threading.current_thread() is threading.main_thread():
            self._depth -= 1
            if self._depth == 0:
                for number, handler in self._previous.items():
                    signal.signal(number, handler)
                self._previous = {}

    def tell_pending(self) -> None:
        """Call the callback for what happened since the last time; runs do this, a signal handler must not print."""
        while True:
            try:
                interruption = self._untold.get_nowait()
            except queue.Empty:
                return
            for tell in self._listeners:
                tell(interruption)

    def receive(self, number: int, _frame: FrameType | None = None) -> None:
        """Take one signal; the handler of all that may end a run."""
        now = self._clock()
        if self.first is None:
            self.first = signal.Signals(number)
            self._untold.put(Interruption.FORWARDED)
        elif self._explained_at is None:
            self._explained_at = now
            self._untold.put(Interruption.EXPLAINED)
        elif number == signal.SIGINT and not self.is_forced and now - self._explained_at >= FORCE_PAUSE_SECONDS:
            self.is_forced = True
            self._untold.put(Interruption.FORCED)

    def _install(self) -> None:
        for number in _STOPS:
            self._previous[number] = signal.signal(number, self.receive)
        self._previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
