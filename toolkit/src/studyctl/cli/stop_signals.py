"""SIGTERM as an exception, so that a release that is told to stop gives its lock back and says how to go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from studyctl.errors import Terminated


@contextmanager
def stop_signals() -> Iterator[None]:
    """Hold a body that SIGINT and SIGTERM end by an exception in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated("told to stop (SIGTERM)")

    previous = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, terminate),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
