"""An event loop in a thread of its own, for synchronous code that uses an asynchronous library."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundLoop:
    """Starts at the first use, and again in a forked child, where what belonged to the parent's loop is of no use."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process_id = os.getpid()
        self.is_new = True
        """Set with every loop that is started; whoever makes things for the loop clears it, in the loop."""

    @property
    def is_running(self) -> bool:
        """Whether this process has a loop."""
        return self._loop is not None and self._process_id == os.getpid()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work in the loop and wait for its result. Not to be called from the loop itself."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def close(self) -> None:
        """End the thread, if this process has one."""
        if not self.is_running or self._loop is None or self._thread is None:
            return
        with self._lock:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None and self._process_id == os.getpid():
            return self._loop
        if self._process_id != os.getpid():
            self._lock = threading.Lock()  # the parent's may have been held while it forked
        with self._lock:
            if self._loop is None or self._process_id != os.getpid():
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
                self.is_new = True
                self._process_id = os.getpid()
                self._loop = loop
            return self._loop
