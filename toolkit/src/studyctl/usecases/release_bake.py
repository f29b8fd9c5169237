"""Watch a release over time: read, judge, wait, until there is a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from studyctl.domain.release.bake import Bake, Reading
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.plan import longest
from studyctl.domain.release.rollout import Progress, is_in_health, judge_rollout
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.release.steps import Step
from studyctl.domain.release.verdicts import Verdict
from studyctl.usecases.release_follow import failures_of
from studyctl.usecases.release_ports import NoAnswer
from studyctl.usecases.release_steps import StepFailed, Work

BAKE_POLLS = 300
"""A bake is read about this many times, however long it is; never more often than the ports say."""
LONGEST_PAUSE_SECONDS = 30.0
TOLD_EVERY_SECONDS = 60.0
"""Whoever watches a long bake is told that often that it goes on."""


class TakenOver(Exception):
    """The entry that bakes is no longer the newest, or somebody ended it."""


def bake(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Watch what was released. The lock is free meanwhile: a newer release may come, and bakes instead.

    Raises:
        StepFailed: an alarm rang, tasks failed, or nobody could judge it for too long.
        TakenOver: somebody else went on.
    """
    contents = {key: entry.release.services[key] for key in step.services}
    strategy = longest([content.strategy for content in contents.values()])
    clock = work.ports.clock
    timeout = strategy.timeout_seconds
    work.ports.holding.give_back()
    watched = watched_alarms(work, work.ports.services.see([content.service for content in contents.values()]))

    def read() -> Reading:
        _require_ours(work, entry)
        return Reading(
            at_seconds=clock.seconds(),
            alarms=work.ports.monitors.alarm_states(watched),
            problems=_problems(work, entry, step.services),
        )

    begun = Bake(strategy.bake_seconds, strategy.hold_seconds, excused=frozenset(entry.excused_alarms))
    try:
        verdict = watch_until_judged(work, begun, read)
    except StepFailed:
        _go_on_with(work, entry, timeout)
        raise
    _go_on_with(work, entry, timeout)
    work.ports.narrator.judged("bake", verdict)
    if not verdict.has_passed:
        raise StepFailed(f"bake: {'; '.join(verdict.reasons)}")
    return entry.with_verdict("bake", verdict)


def watch_until_judged(work: Work, begun: Bake, read: Callable[[], Reading]) -> Verdict:
    """Fold readings until the bake has a verdict."""
    state, told, told_at = begun, "", work.ports.clock.seconds()
    pause_seconds = min(LONGEST_PAUSE_SECONDS, max(work.ports.poll_seconds, begun.bake_seconds / BAKE_POLLS))
    while True:
        state = state.after(read())
        if state.verdict is not None:
            return state.verdict
        doubts = f"on hold for {state.held_seconds:.0f} s: {', '.join(state.doubts)}" if state.doubts else ""
        if doubts.partition(":")[2] != told.partition(":")[2]:
            work.ports.narrator.progress(doubts or "can be judged again")
            told, told_at = doubts, work.ports.clock.seconds()
        elif not doubts and work.ports.clock.seconds() - told_at >= TOLD_EVERY_SECONDS:
            work.ports.narrator.progress(f"good for {state.observed_seconds:.0f} of {state.bake_seconds:.0f} s")
            told_at = work.ports.clock.seconds()
        work.ports.clock.sleep(pause_seconds)
        work.go_on()


def watched_alarms(work: Work, seen: Mapping[str, ServiceSeen]) -> tuple[str, ...]:
    """The alarms that turn deployments back and those of the environment."""
    gates = {name for service in seen.values() for name in service.alarm_names}
    return tuple(sorted(gates | set(work.ports.monitors.alarm_names(f"{work.place.name}-"))))


def _go_on_with(work: Work, entry: LedgerEntry, timeout_seconds: float) -> None:
    """Take the lock back; whoever had it meanwhile may have changed everything."""
    work.ports.holding.take(timeout_seconds=timeout_seconds)
    _require_ours(work, entry)


def _require_ours(work: Work, entry: LedgerEntry) -> None:
    """Stop watching when the entry is not the one to watch any more."""
    try:
        newest, now = work.ports.ledger.newest_number(), work.ports.ledger.reread(entry.number)
    except NoAnswer:
        return
    if newest != entry.number or now.status.is_final:
        raise TakenOver


def _problems(work: Work, entry: LedgerEntry, services: tuple[str, ...]) -> tuple[str, ...]:
    """Why what serves cannot be judged now: the bake counts only in full health.

    Raises:
        StepFailed: something else is deployed by now, or ECS gave up.
    """
    contents = {key: entry.release.services[key] for key in services}
    try:
        seen = work.ports.services.see([content.service for content in contents.values()])
    except NoAnswer:
        return ("ECS could not be asked",)
    problems = []
    for key, content in contents.items():
        arn = str(content.definition_arn)
        verdict = judge_rollout(
            seen.get(content.service), definition_arn=arn, deployment_id=entry.deployments.get(key, "")
        )
        if verdict.progress is Progress.FAILED:
            raise StepFailed(f"bake: {key}: {verdict.detail}{failures_of(work, content.service, arn)}")
        if verdict.progress is Progress.UNDERWAY and not is_in_health(seen[content.service], content.count):
            problems.append(f"{key}: {verdict.detail}")
    return tuple(problems)
