"""Every probe is asked at once, and none is waited for longer than was promised."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from tests.support.platform import platform_output

from studyctl.domain.release.place import Place
from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult, SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.errors import SmokeFailed, UsageError
from studyctl.usecases.smoke import choose, require_healthy, smoke

SUBJECT = Subject(Place.of(platform_output(("api",))), {})


@dataclass(frozen=True)
class Asks:
    """A probe that does what it is told."""

    kinds: frozenset[ProbeKind]
    answer: Callable[[frozenset[ProbeKind]], Iterable[ProbeResult]]

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        return self.answer(wanted)


def well(*kinds: ProbeKind) -> Asks:
    return Asks(frozenset(kinds), lambda wanted: [ProbeResult(kind, "all", Health.HEALTHY, "") for kind in wanted])


def test_all_are_asked_at_once() -> None:
    together = threading.Barrier(2, timeout=30)

    def meet(wanted: frozenset[ProbeKind]) -> Iterable[ProbeResult]:
        together.wait()
        return [ProbeResult(kind, "all", Health.HEALTHY, "") for kind in wanted]

    probes = [Asks(frozenset({kind}), meet) for kind in (ProbeKind.QUEUES, ProbeKind.BUCKETS)]
    assert smoke(SUBJECT, probes, deadline_seconds=30).verdict.has_passed


def test_f93_a_probe_without_an_answer_in_its_time_is_unhealthy_and_the_others_count() -> None:
    forever = threading.Event()

    def wait(_: frozenset[ProbeKind]) -> Iterable[ProbeResult]:
        forever.wait()
        return ()

    report = smoke(SUBJECT, [well(ProbeKind.CACHE), Asks(frozenset({ProbeKind.CDN}), wait)], deadline_seconds=0.2)
    forever.set()
    assert [(each.kind, each.health) for each in report.results] == [
        (ProbeKind.CACHE, Health.HEALTHY),
        (ProbeKind.CDN, Health.UNHEALTHY),
    ]
    assert report.verdict.has_failed


def test_only_what_was_chosen_is_asked() -> None:
    report = smoke(SUBJECT, [well(ProbeKind.CACHE, ProbeKind.DATABASE), well(ProbeKind.CDN)], wanted=choose(["cache"]))
    assert [each.kind for each in report.results] == [ProbeKind.CACHE]
    assert choose([]) == frozenset(ProbeKind)
    with pytest.raises(UsageError, match="there is no check 'cash'"):
        choose(["cash"])


@pytest.mark.parametrize(
    ("health", "said"), [(Health.UNHEALTHY, "are unhealthy"), (Health.UNREACHABLE, "cannot be reached from here")]
)
def test_unhealthy_and_unreachable_are_told_apart(health: Health, said: str) -> None:
    with pytest.raises(SmokeFailed, match=said) as failure:
        require_healthy(SmokeReport.of([ProbeResult(ProbeKind.CACHE, "all", health, "")]), "dev")
    assert failure.value.exit_code == 10
    assert "--check cache" in failure.value.hint
