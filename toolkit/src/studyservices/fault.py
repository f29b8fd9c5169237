"""Faults on purpose, so that releases, smoke tests and alarms are seen to notice: STUDY_FAULT, read once at start."""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from studyruntime.errors import ConfigurationError

VARIABLE = "STUDY_FAULT"
MAX_SLOW_SECONDS = 300.0
FORMS = "crash_at_start, health_500, slow=SECONDS, wrong or 5xx=RATE (0 to 1)"


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    NONE = ""
    CRASH_AT_START = "crash_at_start"
    HEALTH_500 = "health_500"
    SLOW = "slow"
    WRONG = "wrong"
    SERVER_ERRORS = "5xx"


@dataclass(frozen=True)
class Fault:
    """A fault and its measure: seconds of `slow`, the share of requests of `5xx`."""

    kind: FaultKind = FaultKind.NONE
    measure: float = 0.0

    @property
    def breaks_health(self) -> bool:
        """Whether health checks must fail."""
        return self.kind is FaultKind.HEALTH_500

    @property
    def is_wrong(self) -> bool:
        """Whether answers must be wrong while health is good."""
        return self.kind is FaultKind.WRONG

    @property
    def delay_seconds(self) -> float:
        """How long each request and each task is held up."""
        return self.measure if self.kind is FaultKind.SLOW else 0.0

    @property
    def error_rate(self) -> float:
        """The share of requests that end in a server error."""
        return self.measure if self.kind is FaultKind.SERVER_ERRORS else 0.0


def parse_fault(text: str) -> Fault:
    """The fault that `text` names.

    Raises:
        ConfigurationError: it names none.
    """
    name, has_measure, measure = text.strip().partition("=")
    try:
        kind = FaultKind(name)
        value = float(measure) if has_measure else 0.0
    except ValueError as error:
        raise _unknown(text) from error
    limit = {FaultKind.SLOW: MAX_SLOW_SECONDS, FaultKind.SERVER_ERRORS: 1.0}.get(kind)
    if bool(has_measure) is not (limit is not None) or not 0 <= value <= (limit or 0):
        raise _unknown(text)
    return Fault(kind, value)


def read_fault(environ: Mapping[str, str], *, is_production: bool) -> Fault:
    """The fault that the environment asks for; none is the rule.

    Raises:
        ConfigurationError: it names no fault, or this is production.
    """
    fault = parse_fault(environ.get(VARIABLE, ""))
    if fault.kind is not FaultKind.NONE and is_production:
        raise ConfigurationError(
            [f"{VARIABLE} is set in production"], hint=f"Remove {VARIABLE}: faults are for rehearsals only."
        )
    return fault


class ErrorQuota:
    """Says of each request whether it is one that fails, so that exactly the asked share does. Safe between threads."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._requests = 0
        self._failed = 0
        self._lock = threading.Lock()

    def takes_next(self) -> bool:
        """Whether the next request fails."""
        with self._lock:
            self._requests += 1
            takes = int(self._requests * self._rate) > self._failed
            self._failed += takes
            return takes


def _unknown(text: str) -> ConfigurationError:
    return ConfigurationError([f"{VARIABLE}={text} is no fault"], hint=f"One of: {FORMS}.")
