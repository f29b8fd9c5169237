"""From what a probe's question brings to a result: an answer, a refusal, or nobody there."""

from __future__ import annotations

import time
from collections.abc import Callable

from studyctl.adapters.smoke.web import Broken, Unreached
from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult
from studyctl.errors import StudyctlError
from studyctl.usecases.release_ports import NoAnswer


class Wrong(Exception):
    """The answer is there and is not what it must be; the text says in what."""


def result_of(kind: ProbeKind, name: str, question: Callable[[], str | ProbeResult]) -> ProbeResult:
    """Ask; what the question returns is the detail of something healthy, what it raises says how it is not."""
    started = time.monotonic()

    def found(health: Health, detail: str) -> ProbeResult:
        return ProbeResult(kind, name, health, detail, time.monotonic() - started)

    try:
        answer = question()
    except Wrong as wrong:
        return found(Health.UNHEALTHY, str(wrong))
    except Broken as broken:
        return found(Health.UNHEALTHY, str(broken))
    except (Unreached, NoAnswer) as nobody:
        return found(Health.UNREACHABLE, str(nobody))
    except StudyctlError as refused:
        return found(Health.UNHEALTHY, refused.what)
    return answer if isinstance(answer, ProbeResult) else found(Health.HEALTHY, answer)


def skipped(kind: ProbeKind, name: str, why: str) -> ProbeResult:
    """Not asked, and why."""
    return ProbeResult(kind, name, Health.SKIPPED, why)
