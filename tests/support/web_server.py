"""Serves an ASGI application of a test on a free port, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from tests.support.servers.process import HOST, free_port
from tests.support.until import until


@contextmanager
def serving(application: Any) -> Iterator[str]:
    """The address of the application while it is served."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(application, host=HOST, port=port, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), "the application to start")
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join()
