"""Requests one after another, and what came of each."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from urllib.parse import urlsplit

CLIENTS = 3
TIMEOUT_SECONDS = 30.0
PAUSE_SECONDS = 0.01
"""Enough for 200 requests a second; more would measure this thread and not what it asks."""


class Load:
    """`answers` counts versions, `failures` whatever was no 200."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CLIENTS)]
        self.answers: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many requests there were."""
        return self.answers.total() + self.failures.total()

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for the last answers."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stopping.is_set():
            try:
                connection = http.client.HTTPConnection(self._url.netloc, timeout=TIMEOUT_SECONDS)
                connection.request("GET", self._url.path)
                response = connection.getresponse()
                response.read()
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                self._note(self.failures, type(error).__name__)
            else:
                if response.status == http.client.OK:
                    self._note(self.answers, response.headers["X-Version"])
                else:
                    self._note(self.failures, str(response.status))
            self._stopping.wait(PAUSE_SECONDS)

    def _note(self, counter: Counter[str], what: str) -> None:
        with self._guard:
            counter[what] += 1
