"""Run the smoke test: every probe at once, each with a deadline, all of them done in two minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Protocol

from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult, SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.errors import SmokeFailed, UsageError

LONGEST_SECONDS = 120.0
_GRACE_SECONDS = 2.0


class Probe(Protocol):
    """Asks about one kind of thing. It cleans up what it made, and needs no more than `deadline_seconds`."""

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        ...

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """Ask about those of its kinds that are wanted."""
        ...


def choose(names: Sequence[str]) -> frozenset[ProbeKind]:
    """The kinds that somebody named; all when none is named.

    Raises:
        UsageError: there is no such kind.
    """
    known = {kind.value: kind for kind in ProbeKind}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"there is no check {unknown[0]!r}", hint=f"The checks are: {', '.join(known)}.")
    return frozenset(known[name] for name in names) or frozenset(ProbeKind)


def smoke(
    subject: Subject,
    probes: Sequence[Probe],
    *,
    wanted: frozenset[ProbeKind] = frozenset(ProbeKind),
    deadline_seconds: float = LONGEST_SECONDS,
) -> SmokeReport:
    """Ask everything at once. A probe that gives no answer in its time has found something unhealthy."""
    started = time.monotonic()
    chosen = [probe for probe in probes if probe.kinds & wanted]
    asked = [(probe, _ask(probe, subject, wanted, deadline_seconds - _GRACE_SECONDS)) for probe in chosen]
    results: list[ProbeResult] = []
    for probe, answer in asked:
        try:
            results += answer.result(max(0.0, started + deadline_seconds - time.monotonic()))
        except TimeoutError:
            results += _silent(probe, wanted, time.monotonic() - started)
    return SmokeReport.of(results, time.monotonic() - started)


def require_healthy(report: SmokeReport, environment: str) -> None:
    """Stop unless everything is healthy.

    Raises:
        SmokeFailed: names what is not, or what nobody could ask.
    """
    verdict = report.verdict
    if verdict.has_passed:
        return
    bad, unreached = report.that_are(Health.UNHEALTHY), report.that_are(Health.UNREACHABLE)
    raise SmokeFailed(
        f"{len(bad)} of {len(report.results)} things in {environment} are unhealthy"
        if bad
        else f"{len(unreached)} of {len(report.results)} things in {environment} cannot be reached from here, so "
        "nobody can say whether they work",
        why="\n".join(verdict.reasons),
        hint=f"Ask one again: studyctl smoke {environment} --check {(bad or unreached)[0].kind}"
        if bad or unreached
        else "",
    )


def _ask(
    probe: Probe, subject: Subject, wanted: frozenset[ProbeKind], deadline_seconds: float
) -> Future[list[ProbeResult]]:
    """Start asking. The thread is a daemon: one that hangs must not keep the command from ending."""
    answer: Future[list[ProbeResult]] = Future()

    def ask() -> None:
        try:
            answer.set_result(list(probe.run(subject, probe.kinds & wanted, deadline_seconds=deadline_seconds)))
        except BaseException as failure:  # noqa: BLE001 - raised again where the answer is waited for
            answer.set_exception(failure)

    threading.Thread(target=ask, daemon=True).start()
    return answer


def _silent(probe: Probe, wanted: frozenset[ProbeKind], seconds: float) -> list[ProbeResult]:
    return [
        ProbeResult(kind, "all", Health.UNHEALTHY, f"no answer within {seconds:.0f} s", seconds)
        for kind in sorted(probe.kinds & wanted)
    ]
