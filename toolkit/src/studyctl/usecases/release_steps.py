"""Do one step of a release. Each can be repeated after it was done or half done, and then does what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from studyctl.domain.release.definitions import registrable
from studyctl.domain.release.history import rollback_window
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.migrations import SchemaReport, objections
from studyctl.domain.release.place import Place, ServicePlace
from studyctl.domain.release.seen import TaskSeen
from studyctl.domain.release.steps import Step
from studyctl.domain.smoke.subject import Subject
from studyctl.usecases.release_ports import Ports

DESCRIBE_OPTION = "--describe"
RELEASE_TAG = "studyctl:release"
FORCED_MIGRATIONS = "--force-migrations"


class StepFailed(Exception):
    """A step came to nothing; the release goes back. The text is what people are told."""


@dataclass(frozen=True)
class Work:
    """What every step needs to know besides the entry."""

    ports: Ports
    environment: str
    place: Place
    platform: Mapping[str, Any]

    def pause(self) -> None:
        """Wait a moment, then see whether to go on at all."""
        self.ports.clock.sleep(self.ports.poll_seconds)
        self.go_on()

    def go_on(self) -> None:
        """See whether the lock is still ours and nobody asked to stop."""
        if self.ports.holding.is_held:
            self.ports.holding.look()


def register(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Have a revision for each document: the recorded one, the newest if it is the same, else a new one."""
    services, arns = work.ports.services, {}
    for key in step.services:
        content = entry.release.services[key]
        if content.definition_arn is not None and services.is_registered(content.definition_arn):
            continue
        newest = services.newest_of(work.place.services[key].family)
        if newest is not None and registrable(newest[1]) == registrable(content.definition):
            arns[key] = newest[0]
        else:
            arns[key] = services.register(content.definition, {RELEASE_TAG: str(entry.number)})
    return entry.model_copy(update={"release": entry.release.registered(arns)})


def migrate(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Ask the image what is to be migrated, judge it, write it down, and only then let it migrate."""
    key = step.services[0]
    if not entry.migrations:
        report = _schema_report(work, entry, key, step.command)
        entry = _judged(work, entry, report)
        if not report.pending:
            return entry
        work.ports.ledger.save(entry)
    _run(work, entry, key, step.command, "migrate")
    return entry


def update(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Have ECS deploy our revisions, and learn which deployments are ours."""
    services = work.ports.services
    seen = services.see([entry.release.services[key].service for key in step.services])
    ids: dict[str, str] = {}
    for key in step.services:
        content = entry.release.services[key]
        assert content.definition_arn is not None  # noqa: S101  registered by an earlier step
        before = seen.get(content.service)
        if before is None or not before.is_active:
            raise StepFailed(f"{key}: the service {content.service} is gone")
        has_too_few, is_there = before.desired < content.count, before.runs(content.definition_arn)
        if not is_there or has_too_few:
            given_up = not is_there and before.works_towards(content.definition_arn)
            before = services.update(
                content.service,
                definition_arn=content.definition_arn,
                count=content.count if has_too_few else None,
                is_retry=given_up,
            )
        if before.primary is not None and before.works_towards(content.definition_arn):
            ids[key] = before.primary.id
    return entry.with_deployments(ids)


def smoke(work: Work, entry: LedgerEntry, _: Step) -> LedgerEntry:
    """Test what serves. What nobody could judge is not proven."""
    report = work.ports.prober.probe(Subject.of(work.place, work.platform, entry))
    work.ports.narrator.tested(report)
    verdict = report.verdict
    if not verdict.has_passed:
        raise StepFailed("smoke test: " + "\n".join(verdict.reasons))
    version = next((result.facts["app_version"] for result in report.results if "app_version" in result.facts), None)
    if version is not None:
        entry = entry.model_copy(update={"release": entry.release.model_copy(update={"app_version": version})})
    return entry.with_verdict("smoke", verdict)


def _schema_report(work: Work, entry: LedgerEntry, key: str, command: Sequence[str]) -> SchemaReport:
    lines = _run(work, entry, key, (*command, DESCRIBE_OPTION), "describe")
    for line in reversed(lines):
        try:
            return SchemaReport.model_validate(json.loads(line)["schema"])
        except (ValueError, KeyError, TypeError, ValidationError) as unreadable:
            if '"schema"' in line:
                raise StepFailed(f"what the image says about its migrations cannot be read: {unreadable}") from None
    raise StepFailed(f"`{' '.join((*command, DESCRIBE_OPTION))}` said nothing about migrations:\n" + "\n".join(lines))


def _judged(work: Work, entry: LedgerEntry, report: SchemaReport) -> LedgerEntry:
    entries = [each for each in work.ports.ledger.entries() if each.number != entry.number]
    window = rollback_window(entries)
    against = tuple(objections(report, window[0] if window else None, window))
    if against and FORCED_MIGRATIONS not in entry.overrides:
        raise StepFailed("\n".join(["the migrations may not be applied now", *against]))
    release = entry.release.model_copy(
        update={"app_version": report.app_version, "schema_version": report.schema_version}
    )
    return entry.model_copy(update={"migrations": report.pending, "release": release})


def _run(work: Work, entry: LedgerEntry, key: str, command: Sequence[str], purpose: str) -> tuple[str, ...]:
    """Run a command once in a task of the new image, to its end; what it said."""
    content = entry.release.services[key]
    arn = run_to_end(
        work,
        work.place.services[key],
        definition_arn=str(content.definition_arn),
        command=command,
        token=f"release-{entry.number}-{purpose}",
        timeout_seconds=content.strategy.timeout_seconds,
    )
    return work.ports.services.task_lines(arn, definition_arn=str(content.definition_arn))


def run_to_end(
    work: Work,
    place: ServicePlace,
    *,
    definition_arn: str,
    command: Sequence[str],
    token: str,
    timeout_seconds: float,
) -> str:
    """Run a one-off task to its end; its ARN.

    Raises:
        StepFailed: it failed, or was not done in time.
    """
    clock, services = work.ports.clock, work.ports.services
    arn = services.run_task(place, definition_arn=definition_arn, command=command, environment={}, token=token)
    deadline = clock.seconds() + timeout_seconds
    while not (seen := services.task(arn)).is_stopped:
        if clock.seconds() >= deadline:
            raise StepFailed(f"`{' '.join(command)}` was not done after {timeout_seconds:.0f} s")
        work.pause()
    if seen.exit_code != 0:
        lines = services.task_lines(arn, definition_arn=definition_arn)
        raise StepFailed(_task_failed(command, seen, lines))
    return arn


def _task_failed(command: Sequence[str], seen: TaskSeen, lines: Sequence[str]) -> str:
    code = "did not start" if seen.exit_code is None else f"ended with {seen.exit_code}"
    return "\n".join([f"`{' '.join(command)}` {code}: {seen.reason}", *(f"  | {line}" for line in lines[-20:])])


Perform = Callable[[Work, LedgerEntry, Step], LedgerEntry]
