"""What was asked of the emulator: requests per service, and every operation it could not answer."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any


class Coverage:
    """Counts of one life of the emulator; safe to use from many threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._unimplemented: Counter[tuple[str, str, str]] = Counter()
        self._failures: Counter[tuple[str, str, str]] = Counter()

    def request(self, service: str) -> None:
        """Count one request, however it ends."""
        with self._guard:
            self._requests[service] += 1

    def unimplemented(self, service: str, operation: str, reason: str) -> None:
        """Count an operation that neither moto nor an extension has."""
        with self._guard:
            self._unimplemented[service, operation, reason] += 1

    def failure(self, service: str, operation: str, reason: str) -> None:
        """Count an operation on which moto or an extension crashed."""
        with self._guard:
            self._failures[service, operation, reason] += 1

    def report(self) -> dict[str, Any]:
        """A copy of all counts, as JSON values."""
        with self._guard:
            return {
                "requests": dict(sorted(self._requests.items())),
                "unimplemented": _rows(self._unimplemented),
                "failures": _rows(self._failures),
            }


def _rows(counts: Counter[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"service": service, "operation": operation, "reason": reason, "count": count}
        for (service, operation, reason), count in sorted(counts.items())
    ]
