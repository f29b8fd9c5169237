"""Hears the hints of all replicas and hands them to this one's sockets. A lost connection is made again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial

from studyruntime.broker import Listener, MessageBroker
from studyruntime.errors import Unavailable
from studyruntime.logs import get_logger
from studyservices.notification.hints import CHANNEL, decode_hint
from studyservices.notification.sockets import Sockets

READ_SECONDS = 0.5
PAUSE_SECONDS = 1.0
_log = get_logger(__name__)


class HintThread:
    """A thread for hearing, because the broker waits where the loop of the sockets may not."""

    def __init__(self, broker: MessageBroker, sockets: Sockets, loop: asyncio.AbstractEventLoop) -> None:
        self._broker = broker
        self._sockets = sockets
        self._loop = loop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        """Begin to hear."""
        self._thread.start()

    def stop(self) -> None:
        """Hear no more; waits for the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                listener = self._broker.listen([CHANNEL])
            except Unavailable as error:
                _log.warning("hints cannot be heard", problem=error.what)
                self._stop.wait(PAUSE_SECONDS)
                continue
            try:
                self._hear(listener)
            except Unavailable as error:
                _log.warning("hints were lost", problem=error.what)
            finally:
                listener.close()

    def _hear(self, listener: Listener) -> None:
        self._on_loop(self._sockets.look_again)  # what was told before we heard
        while not self._stop.is_set():
            broadcast = listener.read(READ_SECONDS)
            hint = None if broadcast is None else decode_hint(broadcast.data)
            if hint is not None:
                self._on_loop(partial(self._sockets.deliver, hint))

    def _on_loop(self, act: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)
