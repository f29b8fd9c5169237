"""Requests that go on in the background while a test looks at what they do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import httpx

PAUSE_SECONDS = 1.0
"""The shortest between two requests of one user: neither users nor their address are turned away for so few."""


@contextmanager
def traffic(users: Sequence[httpx.Client], path: str) -> Iterator[None]:
    """Let users ask at once, again and again. What they are answered is not theirs to judge."""
    over = threading.Event()

    def go_on(user: httpx.Client, pause_seconds: float) -> None:
        while not over.is_set():
            with suppress(httpx.TransportError):  # that nobody answers is something to be seen too
                user.get(path)
            over.wait(pause_seconds)

    # of different lengths, else all ask in the same moment again and again
    pauses = [PAUSE_SECONDS * (1 + number / len(users)) for number in range(len(users))]
    threads = [threading.Thread(target=go_on, args=each, name="asker") for each in zip(users, pauses, strict=True)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()
