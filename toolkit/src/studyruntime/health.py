"""Is the process alive, and can it do its work? Every dependency is asked, each with a deadline of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from studyruntime.logs import get_logger
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import DEPENDENCY_UP

_log = get_logger(__name__)

Check = Callable[[], object]
"""Returns when the dependency answers; raises, or does not return in time, when it does not."""


class Condition(StrEnum):
    """How a dependency is."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    condition: Condition
    seconds: float
    is_required: bool
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is answered. The problem is only named: what it says may hold addresses, and stands in the log."""
        told = {"status": self.condition.value, "seconds": round(self.seconds, 4), "required": self.is_required}
        return {**told, "problem": self.problem} if self.problem else told


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the process can do its work, and what says so."""

    findings: Mapping[str, Finding]
    is_draining: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it should be given work: everything it cannot do without is up, and it is not about to stop."""
        required = (finding for finding in self.findings.values() if finding.is_required)
        return not self.is_draining and all(finding.condition is Condition.UP for finding in required)

    @property
    def status(self) -> HTTPStatus:
        """What a balancer is answered."""
        return HTTPStatus.OK if self.is_ready else HTTPStatus.SERVICE_UNAVAILABLE

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        words = "draining" if self.is_draining else "ready" if self.is_ready else "not ready"
        return {
            "status": words,
            "dependencies": {name: finding.to_json() for name, finding in self.findings.items()},
        }


class HealthChecks:
    """The checks of a process. Safe for threads.

    A report is kept for `max_age_seconds`, so that many who ask do not become load. A check that hangs is not started
    again until it ends.
    """

    def __init__(
        self,
        *,
        max_age_seconds: float = 1.0,
        is_draining: Callable[[], bool] = lambda: False,
        metrics: Metrics | None = None,
    ) -> None:
        self._max_age_seconds = max_age_seconds
        self._is_draining = is_draining
        self._metrics = metrics
        self._checks: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._findings: dict[str, Finding] = {}
        self._found_at: float | None = None

    def add(self, name: str, check: Check, *, timeout_seconds: float = 2.0, is_required: bool = True) -> None:
        """Ask this too. Without a dependency that is not required the process is ready all the same."""
        self._checks[name] = _Watched(name, check, timeout_seconds, is_required)

    def live(self) -> dict[str, str]:
        """That the process answers at all. Says nothing of others: a restart does not mend a database."""
        return {"status": "alive"}

    def ready(self) -> HealthReport:
        """Ask every dependency, all at once. Takes as long as the longest deadline at most."""
        with self._lock:
            now = time.monotonic()
            if self._found_at is None or now - self._found_at > self._max_age_seconds:
                for check in self._checks.values():
                    check.begin()
                deadline = {name: now + check.timeout_seconds for name, check in self._checks.items()}
                self._findings = {name: check.finding(deadline[name]) for name, check in self._checks.items()}
                self._found_at = time.monotonic()
                self._tell_metrics()
            return HealthReport(dict(self._findings), self._is_draining())

    def _tell_metrics(self) -> None:
        if self._metrics is not None:
            for name, finding in self._findings.items():
                self._metrics.set(DEPENDENCY_UP, float(finding.condition is Condition.UP), dependency=name)


class _Watched:
    """A check and the run of it that is under way. Its thread is a daemon: one that hangs holds up nobody's exit."""

    def __init__(self, name: str, check: Check, timeout_seconds: float, is_required: bool) -> None:
        self._name = name
        self._check = check
        self.timeout_seconds = timeout_seconds
        self._is_required = is_required
        self._ended = threading.Event()
        self._ended.set()
        self._began_at = 0.0
        self._took_seconds = 0.0
        self._problem = ""

    def begin(self) -> None:
        """Start a run, unless the last one still hangs."""
        if not self._ended.is_set():
            return
        self._ended = threading.Event()
        self._began_at = time.monotonic()
        threading.Thread(target=self._run, args=(self._ended,), name=f"health-{self._name}", daemon=True).start()

    def finding(self, deadline: float) -> Finding:
        """What the run found, or that it found nothing in time."""
        if not self._ended.wait(max(0.0, deadline - time.monotonic())):
            waited = time.monotonic() - self._began_at
            return Finding(Condition.DOWN, waited, self._is_required, f"no answer for {waited:.1f} s")
        condition = Condition.DOWN if self._problem else Condition.UP
        return Finding(condition, self._took_seconds, self._is_required, self._problem)

    def _run(self, ended: threading.Event) -> None:
        problem = ""
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - whatever a check raises is what it found
            problem = type(error).__name__
            if problem != self._problem:
                _log.warning("dependency does not answer", dependency=self._name, problem=str(error))
        self._problem = problem
        self._took_seconds = time.monotonic() - self._began_at
        ended.set()
