"""The listeners that take TLS for servers that do not, all in one event loop."""

from __future__ import annotations

import asyncio
import threading

from studyctl.adapters.emulator.ecs_agent.tls_front import TlsFront


class TlsFronts:
    """Their event loop has a thread of its own, started with the first. Safe to use from one thread at a time."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fronts: list[TlsFront] = []

    def start(self, front: TlsFront) -> int:
        """Let a listener begin; its port."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="tls-fronts", daemon=True).start()
        self._fronts.append(front)
        return asyncio.run_coroutine_threadsafe(front.start(), self._loop).result()

    def stop(self) -> None:
        """End all of them."""
        if self._loop is None:
            return
        for front in self._fronts:
            asyncio.run_coroutine_threadsafe(front.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
