"""Lets no process fork while another of its threads is in the middle of something.

Celery forks its children. A lock that some thread holds in that moment stays locked in the child for ever, because the
thread that would let go of it does not exist there. So threads of ours finish what they are at before a fork.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST_WAIT_SECONDS = 5.0


class ForkGate:
    """Open while nobody forks. One for each process that forks, made before its threads."""

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(before=self._close, after_in_parent=self._open, after_in_child=self._begin_anew)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Do something that no fork may come between; waits for a fork that is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def guarded(self, work: Callable[[], object]) -> Callable[[], object]:
        """`work`, so that no fork comes between."""

        def pass_and_work() -> object:
            with self.passing():
                return work()

        return pass_and_work

    def _close(self) -> None:
        """Before a fork. Whoever hangs holds the fork up for so long and no longer: a worker must get its children."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._inside == 0, LONGEST_WAIT_SECONDS)

    def _open(self) -> None:
        with self._changed:
            self._is_closed = False
            self._changed.notify_all()

    def _begin_anew(self) -> None:
        self._changed = threading.Condition()
        self._is_closed = False
        self._inside = 0
