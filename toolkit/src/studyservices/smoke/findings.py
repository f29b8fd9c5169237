"""How what is asked is told: one line of JSON for each thing, as the smoke test of the toolkit reads it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from studyruntime.errors import AuthenticationRefused, ConfigurationError, RuntimeFailure, Unavailable

CONNECT_SECONDS = 5.0


class Health(StrEnum):
    """What is known of one thing. `UNREACHABLE`: nobody was there to be asked, so nothing is known of it."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Finding:
    """One thing and how it is. `detail` is what it answered, or why nobody could ask."""

    probe: str
    name: str
    health: Health
    detail: str
    seconds: float = 0.0

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**asdict(self), "seconds": round(self.seconds, 3)})


class Wrong(Exception):
    """It answers, and not as it must; the text says in what."""


class NobodyThere(Exception):
    """There is no way to it from here."""


@dataclass(frozen=True)
class Deadline:
    """When everything must be over."""

    seconds: float
    _started: float = field(default_factory=time.monotonic)

    @property
    def left_seconds(self) -> float:
        """What is left of it, never less than nothing."""
        return max(0.0, self._started + self.seconds - time.monotonic())


def find(probe: str, name: str, question: Callable[[], str]) -> Finding:
    """Ask; what the question returns is the detail of something healthy, what it raises says how it is not."""
    started = time.monotonic()
    try:
        health, detail = Health.HEALTHY, question()
    except NobodyThere as nobody:
        health, detail = Health.UNREACHABLE, str(nobody)
    except Wrong as wrong:
        health, detail = Health.UNHEALTHY, str(wrong)
    except RuntimeFailure as failure:
        health, detail = Health.UNHEALTHY, _told(failure)
    except Exception as bug:  # noqa: BLE001 - whatever a client raises, the other findings must be told all the same
        health, detail = Health.UNHEALTHY, f"{type(bug).__name__}: {bug}"
    return Finding(probe, name, health, " ".join(detail.split()), time.monotonic() - started)


def require_somebody(host: str, port: int, *, timeout_seconds: float = CONNECT_SECONDS) -> None:
    """Knock: what cannot even be connected to is unreachable from here, everything after that is its own fault.

    Raises:
        NobodyThere: no such name, nobody listens, or nothing comes back.
    """
    try:
        with socket.create_connection((host, port), timeout=timeout_seconds):
            return
    except OSError as nobody:
        raise NobodyThere(f"{host}:{port}: {nobody}") from nobody


@contextmanager
def always(clean_up: Callable[[], object]) -> Iterator[None]:
    """Clean up afterwards. A failure of that is told unless something else is wrong already."""
    try:
        yield
    except BaseException as failure:
        try:
            clean_up()
        except RuntimeFailure as left:
            failure.add_note(f"and something was left behind: {left.what}")
        raise
    try:
        clean_up()
    except RuntimeFailure as left:
        raise Wrong(f"it works, but something was left behind: {left.what}") from left


def _told(failure: RuntimeFailure) -> str:
    if isinstance(failure, AuthenticationRefused):
        return f"our credentials are refused: {failure.detail}"
    if isinstance(failure, Unavailable):
        return failure.detail
    return (
        f"{failure.what} ({failure.hint})" if isinstance(failure, ConfigurationError) and failure.hint else failure.what
    )
