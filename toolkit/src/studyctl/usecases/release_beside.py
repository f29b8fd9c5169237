"""The steps of a revision that runs beside the old one: green comes up, gets traffic, and leaves again."""

from __future__ import annotations

from studyctl.domain.release.bake import Bake, Reading
from studyctl.domain.release.definitions import container_name_of
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.place import Colours
from studyctl.domain.release.rollout import Progress, judge_rollout
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.release.steps import Step
from studyctl.domain.release.strategy import Strategy, judge_beside, tasks_for
from studyctl.domain.release.verdicts import Verdict
from studyctl.usecases.release_bake import watch_until_judged
from studyctl.usecases.release_follow import failures_of, follow_deployments
from studyctl.usecases.release_ports import NoAnswer
from studyctl.usecases.release_steps import StepFailed, Work


def start_green(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Have the green service with our revision and enough tasks for its first share of the traffic."""
    key = step.services[0]
    place, content = work.place.services[key], entry.release.services[key]
    arn = str(content.definition_arn)
    seen = work.ports.services.see([place.name, place.green_name])
    count = tasks_for(content.strategy.stages[0], _desired(seen.get(place.name), key))
    green = seen.get(place.green_name)
    if green is not None and green.is_active:
        work.ports.services.update(place.green_name, definition_arn=arn, count=count)
    else:
        work.ports.services.create_green(
            place, definition_arn=arn, container=container_name_of(content.definition), count=count
        )
    return entry


def follow_green(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Wait until green serves."""
    _until_green_serves(work, entry, step.services[0])
    return entry


def shift(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Give green as many tasks as its share needs, wait for them, then give it the share."""
    key, weight = step.services[0], step.weight or 0
    place, content = work.place.services[key], entry.release.services[key]
    seen = work.ports.services.see([place.name, place.green_name])
    green = seen.get(place.green_name)
    count = tasks_for(weight, _desired(seen.get(place.name), key))
    if green is None or green.desired < count:
        work.ports.services.update(place.green_name, definition_arn=str(content.definition_arn), count=count)
    _until_green_serves(work, entry, key)
    work.ports.traffic.shift(_colours(work, key), green_percent=weight)
    return entry


def watch(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Let the share run for the stage's time and compare green with blue all along."""
    key, weight = step.services[0], step.weight or 0
    strategy = entry.release.services[key].strategy
    names = work.ports.services.see([entry.release.services[key].service])
    alarms = tuple(name for seen in names.values() for name in seen.alarm_names)
    started = work.ports.clock.seconds()

    def read() -> Reading:
        elapsed = work.ports.clock.seconds() - started
        return Reading(
            at_seconds=elapsed,
            alarms=work.ports.monitors.alarm_states(alarms),
            problems=_problems(work, entry, key),
            verdict=_compared(work, key, strategy, elapsed),
        )

    bake = Bake(strategy.stage_seconds, strategy.hold_seconds, excused=frozenset(entry.excused_alarms))
    verdict = watch_until_judged(work, bake, read)
    work.ports.narrator.judged(f"{key} at {weight} %", verdict)
    if not verdict.has_passed:
        raise StepFailed(f"{key} at {weight} % of the traffic: {'; '.join(verdict.reasons)}")
    return entry.with_verdict(f"{key} at {weight} %", verdict)


def retreat(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Take the traffic from green at once where blue already serves what shall serve."""
    seen = work.ports.services.see([entry.release.services[key].service for key in step.services])
    for key in step.services:
        content = entry.release.services[key]
        blue = seen.get(content.service)
        if blue is not None and blue.serves(content.definition_arn):
            _all_to_blue(work, key)
    return entry


def withdraw(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Give blue all of the traffic and remove green."""
    greens = work.ports.services.see([work.place.services[key].green_name for key in step.services])
    for key in step.services:
        _all_to_blue(work, key)
        if work.place.services[key].green_name in greens:
            work.ports.services.delete(work.place.services[key].green_name)
    return entry


def _all_to_blue(work: Work, key: str) -> None:
    colours = _colours(work, key)
    if work.ports.traffic.weights(colours).green:
        work.ports.traffic.shift(colours, green_percent=0)


def _until_green_serves(work: Work, entry: LedgerEntry, key: str) -> None:
    content = entry.release.services[key]
    follow_deployments(
        work,
        {key: work.place.services[key].green_name},
        {key: str(content.definition_arn)},
        {},
        timeout_seconds=content.strategy.timeout_seconds,
    )


def _problems(work: Work, entry: LedgerEntry, key: str) -> tuple[str, ...]:
    """Why green cannot be judged now.

    Raises:
        StepFailed: it no longer serves, and will not again.
    """
    green, arn = work.place.services[key].green_name, str(entry.release.services[key].definition_arn)
    try:
        seen = work.ports.services.see([green])
    except NoAnswer:
        return ("ECS could not be asked",)
    verdict = judge_rollout(seen.get(green), definition_arn=arn, deployment_id="")
    if verdict.progress is Progress.FAILED:
        raise StepFailed(f"{key} (green): {verdict.detail}{failures_of(work, green, arn)}")
    return () if verdict.progress is Progress.SERVING else (f"green: {verdict.detail}",)


def _compared(work: Work, key: str, strategy: Strategy, elapsed_seconds: float) -> Verdict:
    colours, monitors = _colours(work, key), work.ports.monitors
    canary = monitors.sample(work.place, colours, "green", seconds=elapsed_seconds)
    control = monitors.sample(work.place, colours, "blue", seconds=elapsed_seconds + strategy.control_seconds)
    return judge_beside(canary, control, strategy)


def _desired(seen: ServiceSeen | None, key: str) -> int:
    if seen is None or not seen.is_active:
        raise StepFailed(f"{key}: the service is gone")
    return seen.desired


def _colours(work: Work, key: str) -> Colours:
    colours = work.place.services[key].colours
    if colours is None:
        raise StepFailed(f"{key} is behind no load balancer, so no traffic can be shared")
    return colours
