"""Serve an ASGI application until SIGTERM, then drain it: not ready first, deaf later, gone last.

A balancer goes on sending requests until its health check fails; whoever stops listening before that loses them.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import uvicorn

from studyruntime.logs import get_logger
from studyservices.draining import Draining

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
MAX_SOCKET_MESSAGE_BYTES = 64 * 1024
SOCKET_PING_SECONDS = 20.0
_log = get_logger(__name__)


@dataclass(frozen=True)
class Drain:
    """How a server stops. After `grace_seconds` it takes nothing new; what is under way has `timeout_seconds`."""

    grace_seconds: float
    timeout_seconds: float


def serve(application: Any, *, host: str, port: int, draining: Draining, drain: Drain) -> None:
    """Serve until a signal comes and everything under way is answered, or its time is over.

    Raises:
        SystemExit: the port is taken, or the application does not start.
    """
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,  # logging is set up already; access is logged by the middleware
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who a request comes from is decided by the middleware
        lifespan="on",
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        ws_ping_interval=SOCKET_PING_SECONDS,
        ws_ping_timeout=SOCKET_PING_SECONDS,
        timeout_graceful_shutdown=max(1, round(drain.timeout_seconds)),
    )
    server = DrainingServer(config, draining, drain)
    server.run()


class DrainingServer(uvicorn.Server):
    """uvicorn with a pause between the signal and the closed door. A second signal ends the pause."""

    def __init__(self, config: uvicorn.Config, draining: Draining, drain: Drain) -> None:
        super().__init__(config)
        self._draining = draining
        self._drain = drain

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals as events of the loop; uvicorn's own way would end the process by the signal afterwards."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop, loop.call_later)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)

    def _stop(self, call_later: Callable[..., object]) -> None:
        if self._draining.has_begun:
            self.should_exit = True
            return
        _log.info("draining", grace_seconds=self._drain.grace_seconds, timeout_seconds=self._drain.timeout_seconds)
        self._draining.begin()
        call_later(self._drain.grace_seconds, setattr, self, "should_exit", True)
