"""The command `smoke`: asks everything at once, writes a line of JSON for each thing, and ends."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue

from studyruntime.errors import ConfigurationError, RuntimeFailure
from studyservices.smoke.cache import ask_cache
from studyservices.smoke.database import ask_database
from studyservices.smoke.end_to_end import ask_end_to_end
from studyservices.smoke.findings import Deadline, Finding, Health
from studyservices.smoke.vectors import ask_vectors
from studyservices.surroundings import Surroundings, read_surroundings

BASE_URL_VARIABLE = "SMOKE_BASE_URL"
DEADLINE_VARIABLE = "SMOKE_DEADLINE_SECONDS"
DEFAULT_DEADLINE_SECONDS = 55.0

Ask = Callable[[Surroundings, Deadline], Iterator[Finding]]


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Ask and tell; 0 when everything is healthy.

    Raises:
        ConfigurationError: the environment does not describe what is to be asked.
    """
    surroundings = read_surroundings("smoke", environ)
    deadline = Deadline(_deadline_seconds(environ))
    asks: Mapping[str, Ask] = {
        "database": ask_database,
        "cache": ask_cache,
        "vectors": ask_vectors,
        "end-to-end": lambda where, until: ask_end_to_end(where, until, environ.get(BASE_URL_VARIABLE, "")),
    }
    wanted = {name: ask for name, ask in asks.items() if name in (arguments.check or asks)}
    found = list(_told(_asked_at_once(wanted, surroundings, deadline)))
    return 0 if all(finding.health is Health.HEALTHY for finding in found) else 1


def _told(findings: Iterator[Finding]) -> Iterator[Finding]:
    for finding in findings:
        sys.stdout.write(f"{finding.to_json()}\n")
        sys.stdout.flush()
        yield finding


def _asked_at_once(asks: Mapping[str, Ask], surroundings: Surroundings, deadline: Deadline) -> Iterator[Finding]:
    """Findings as they come. Whoever gives no answer in time is unhealthy; its thread ends with the process."""
    answers: SimpleQueue[tuple[str, Sequence[Finding]]] = SimpleQueue()

    def ask(name: str) -> None:
        answers.put((name, _asked(name, asks[name], surroundings, deadline)))

    for name in asks:
        threading.Thread(target=ask, args=(name,), name=name, daemon=True).start()
    waiting = set(asks)
    while waiting:
        try:
            name, findings = answers.get(timeout=deadline.left_seconds)
        except Empty:
            break
        waiting.discard(name)
        yield from findings
    for name in sorted(waiting):
        yield Finding(name, "all", Health.UNHEALTHY, f"no answer within {deadline.seconds:.0f} s", deadline.seconds)


def _asked(name: str, ask: Ask, surroundings: Surroundings, deadline: Deadline) -> Sequence[Finding]:
    try:
        return list(ask(surroundings, deadline))
    except Exception as failure:  # noqa: BLE001 - a thread that dies would be waited for until the deadline
        what = str(failure) if isinstance(failure, RuntimeFailure) else f"{type(failure).__name__}: {failure}"
        return [Finding(name, "all", Health.UNHEALTHY, " ".join(what.split()))]


def _deadline_seconds(environ: Mapping[str, str]) -> float:
    text = environ.get(DEADLINE_VARIABLE) or str(DEFAULT_DEADLINE_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise ConfigurationError([f"{DEADLINE_VARIABLE} is {text!r}"], hint="Set it to a number of seconds above 0.")
    return seconds
