"""What the report's page tells, section by section. What is not known stands there with its reason."""

from __future__ import annotations

from studyctl.cli import cost_text, lint_text, live_text, plan_text, release_text
from studyctl.cli.section import Row, Section, Tone, missing
from studyctl.domain.answer import NotKnown
from studyctl.domain.plan import Severity as Consequence
from studyctl.domain.policy.findings import Severity
from studyctl.domain.topology import svg
from studyctl.usecases.report import EnvironmentReport
from studyctl.usecases.status import Status

_GRAVE = frozenset({Severity.CRITICAL, Severity.HIGH})


def sections_of(report: EnvironmentReport) -> tuple[Section, ...]:
    """From what is urgent to what is good to know."""
    live = report.live
    return (
        live_text.services(live),
        live_text.alarms(live),
        live_text.smoke(live),
        live_text.queues(live),
        _releases(report),
        _picture(report),
        _deployed(report),
        _plan(report),
        _policy(report),
        _cost(report),
    )


def _releases(report: EnvironmentReport) -> Section:
    found = report.live.releases
    if isinstance(found, NotKnown):
        return missing("Releases", found)
    serving = live_text.serving(report.live)
    rows = tuple(Row(cells) for cells in release_text.entry_rows(found.value))
    return Section("Releases", serving.summary, serving.tone, release_text.ENTRY_COLUMNS, rows)


def _picture(report: EnvironmentReport) -> Section:
    title = "What it consists of"
    if isinstance(report.topology, NotKnown):
        return missing(title, report.topology)
    topology = report.topology.value
    summary = f"{topology.resources} resources in {len(topology.nodes)} modules, drawn from the plan"
    return Section(title, summary, picture=svg(topology))


def _deployed(report: EnvironmentReport) -> Section:
    title = "Infrastructure"
    if isinstance(report.status, NotKnown):
        return missing(title, report.status)
    status = report.status.value
    if not status.is_deployed:
        return Section(title, "nothing is deployed", Tone.DOUBT, hint=f"studyctl deploy {report.environment}")
    wrong = [check for check in status.checks if not check.ok]
    rows = tuple(
        Row(
            (check.expectation.kind, check.expectation.name, "ok" if check.ok else "wrong", check.detail),
            Tone.GOOD if check.ok else Tone.BAD,
        )
        for check in status.checks
    )
    said = (
        f"{len(wrong)} of {len(rows)} things are not as they must be" if wrong else f"all {len(rows)} answers are right"
    )
    columns = ("kind", "name", "", "what the account answers")
    return Section(title, said, Tone.BAD if wrong else Tone.GOOD, columns, rows, notes=tuple(_deployment(status)))


def _deployment(status: Status) -> list[str]:
    notes = []
    if status.record is not None:
        record = status.record
        notes.append(
            f"Last deployment: {record.number} ({record.operation}), finished {record.finished_at}, "
            f"by {record.actor}, commit {record.commit}."
        )
    if status.state is not None:
        notes.append(f"State: {status.state.resources} resources, serial {status.state.serial}.")
    notes.append(f"Locked: {status.lock}." if status.lock else "Nobody holds the lock.")
    return notes


def _plan(report: EnvironmentReport) -> Section:
    if isinstance(report.plan, NotKnown):
        return missing("Plan", report.plan)
    summary, verdict = report.plan.value.summary, report.plan.value.verdict
    rows = tuple(
        Row(
            (change.address, change.action.value, change.consequence.words),
            Tone.BAD if change.consequence.severity > Consequence.NONE else Tone.PLAIN,
        )
        for change in summary.effective
    )
    said = plan_text.counted(summary)
    if verdict.is_refused:
        said += f"; the guard refuses it: {verdict.findings[0].what}"
    tone = Tone.BAD if verdict.is_refused else Tone.DOUBT if not summary.is_empty else Tone.GOOD
    return Section("Plan", said, tone, ("resource", "action", "what it means"), rows)


def _policy(report: EnvironmentReport) -> Section:
    if isinstance(report.policy, NotKnown):
        return missing("Policy", report.policy)
    found = report.policy.value
    rows = tuple(
        Row(
            (finding.severity.label, finding.rule, str(finding.position), f"{finding.message} {finding.fix}".strip()),
            Tone.BAD if finding.severity in _GRAVE else Tone.DOUBT,
        )
        for finding in found.findings
    )
    tone = live_text.worst(rows) if rows else Tone.GOOD
    notes = ("Checkov reads code and plan files; the report does not ask it: studyctl lint.",)
    return Section("Policy", lint_text.summed(found), tone, ("severity", "rule", "where", "what"), rows, notes=notes)


def _cost(report: EnvironmentReport) -> Section:
    if isinstance(report.cost, NotKnown):
        return missing("Cost", report.cost)
    priced = report.cost.value
    after = priced.compared.after
    rows = tuple(Row((name, cost_text.dollars(usd))) for name, usd in after.by_module.items())
    tone = Tone.BAD if priced.verdict.is_exceeded else Tone.GOOD
    notes = tuple(cost_text.footing(after, priced.prices))
    return Section("Cost", cost_text.summed(priced.verdict), tone, ("module", "a month"), rows, notes=notes)
