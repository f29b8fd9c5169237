"""What people and programs read about releases: plans, entries of the ledger, smoke reports, locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studyctl.cli.console import table
from studyctl.domain.release.images import Image
from studyctl.domain.smoke.report import Health

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.plan import RolloutPlan
    from studyctl.domain.release.rollback import RollbackPlan
    from studyctl.domain.smoke.report import SmokeReport
    from studyctl.usecases.release import ReleaseOutcome
    from studyctl.usecases.releases import Overview

WIDEST_VALUE = 90
ENTRY_COLUMNS = ("entry", "what", "status", "began", "by", "commit", "images", "why")


def plan_text(plan: RolloutPlan) -> RenderableType:
    """Each value that differs, with all services in which it does."""
    if plan.is_empty:
        return "Nothing to release: what runs is what was released."
    services: dict[tuple[str, str, str], list[str]] = {}
    for key, why in plan.why.items():
        changes = plan.changes[key]
        values = [(change.path, _cell(change.before), _cell(change.after)) for change in changes] or [(why, "", "")]
        for value in values:
            services.setdefault(value, []).append(key)
    rows = [(", ".join(keys), *value) for value, keys in services.items()]
    return table(("services", "value", "before", "after"), rows) if rows else "No service changes."


def rollback_text(plan: RollbackPlan) -> RenderableType:
    """The target, the images that come back, and what is not undone."""
    from rich.console import Group  # noqa: PLC0415

    target, current = plan.target, plan.current
    head = (
        f"Back to release {target.origin} (entry {target.number}, {target.started_at}, commit {target.release.commit})"
    )
    if plan.stops is not None:
        head += f"; {plan.stops.operation} {plan.stops.number} is stopped first"
    now = current.release.images if current else {}
    rows = [(key, _short(now.get(key)), _short(image)) for key, image in target.release.images.items()]
    notes = [f"not undone: {line}" for line in plan.not_undone]
    notes += [f"left as it is: {key}, which that release does not know" for key in plan.left_alone]
    return Group(head, table(("service", "now", "then"), rows), *notes)


def plan_json(plan: RolloutPlan) -> dict[str, Any]:
    """Plain values."""
    return {
        "changes": {
            key: [{"path": each.path, "before": each.before, "after": each.after} for each in plan.changes[key]]
            for key in plan.why
        },
        "why": dict(plan.why),
        "steps": [str(step) for step in plan.steps],
        "images": dict(plan.release.images),
    }


def rollback_json(plan: RollbackPlan) -> dict[str, Any]:
    """Plain values."""
    return {
        "current": plan.current.number if plan.current else None,
        "target": plan.target.number,
        "restores": plan.target.origin,
        "images": dict(plan.target.release.images),
        "steps": [str(step) for step in plan.steps],
        "stops": plan.stops.number if plan.stops else None,
        "passed_over": list(plan.passed_over),
        "crossed_migrations": [each.id for each in plan.crossed],
        "not_undone": list(plan.not_undone),
    }


def outcome_json(outcome: ReleaseOutcome, *, dry_run: bool) -> dict[str, Any]:
    """Plain values."""
    return {
        "dry_run": dry_run,
        "plan": plan_json(outcome.plan),
        "entry": entry_json(outcome.entry) if outcome.entry else None,
        "serving": outcome.serving.number if outcome.serving else None,
    }


def outcome_text(environment: str, outcome: ReleaseOutcome, *, dry_run: bool) -> str:
    """One line; after a dry run one more for each step."""
    if outcome.plan.is_empty:
        serving = outcome.serving
        return f"{environment}: nothing to release" + (f"; release {serving.origin} serves" if serving else "")
    if dry_run or outcome.entry is None:
        steps = "".join(f"\n  {number}. {step}" for number, step in enumerate(outcome.plan.steps, 1))
        return f"{environment}: {len(outcome.plan.why)} services would change; nothing was done. The steps:{steps}"
    return f"{environment}: release {outcome.entry.number} is proven and serves"


def entry_json(entry: LedgerEntry) -> dict[str, Any]:
    """An entry as it lies in the ledger."""
    return entry.model_dump(mode="json")


def list_text(overview: Overview) -> RenderableType:
    """One line an entry, newest first."""
    if not overview.entries:
        return "Nothing was released yet."
    return table(ENTRY_COLUMNS, entry_rows(overview))


def entry_rows(overview: Overview) -> list[tuple[str, ...]]:
    """One row an entry, newest first, under `ENTRY_COLUMNS`."""
    return [
        (
            str(entry.number),
            entry.operation + (f" of {entry.restores}" if entry.restores else ""),
            _status(entry, overview),
            entry.started_at[:19].replace("T", " "),
            entry.actor,
            entry.release.commit[:12],
            ", ".join(sorted({_short(image) for image in entry.release.images.values()})),
            entry.problem.splitlines()[0][:WIDEST_VALUE] if entry.problem else entry.reason,
        )
        for entry in overview.entries
    ]


def entry_text(entry: LedgerEntry) -> RenderableType:
    """All that people want to know of one entry."""
    from rich.console import Group  # noqa: PLC0415

    facts = [
        ("what", entry.operation + (f", release {entry.restores} put back" if entry.restores else "")),
        ("status", entry.status + (f" at step {entry.step}" if entry.step and not entry.is_proven else "")),
        ("by", f"{entry.actor}, run {entry.run_id}"),
        ("began, ended", f"{entry.started_at}, {entry.finished_at or 'not yet'}"),
        ("commit", entry.release.commit),
        ("database", entry.release.schema_version or "not migrated by it"),
        ("state", f"serial {entry.state_serial}, version {entry.state_version_id or 'unversioned'}"),
        *((name, str(verdict)) for name, verdict in entry.verdicts.items()),
    ]
    optional = [
        ("reason", entry.reason),
        ("promoted from", entry.promoted_from or ""),
        ("because of", f"release {entry.caused_by}" if entry.caused_by else ""),
        ("overrides", ", ".join(entry.overrides)),
        ("migrations", ", ".join(f"{each.id} ({each.kind})" for each in entry.migrations)),
        ("problem", entry.problem),
    ]
    facts += [(name, value) for name, value in optional if value]
    services = [
        (
            key,
            _short(content.image),
            (content.definition_arn or "not registered").rpartition("/")[2],
            str(content.count),
        )
        for key, content in entry.release.services.items()
    ]
    return Group(
        table(("", ""), facts),
        table(("service", "image", "revision", "tasks"), services),
        table(("at", "step"), [(line.at, line.text) for line in entry.log]),
    )


def smoke_table(report: SmokeReport) -> RenderableType:
    """One line a thing."""
    rows = [
        (result.kind, result.name, _shout(result.health), result.detail, f"{result.seconds:.2f} s")
        for result in report.results
    ]
    return table(("check", "thing", "", "what it says", "took"), rows)


def smoke_json(report: SmokeReport) -> dict[str, Any]:
    """Plain values."""
    return {
        "verdict": report.verdict.judgement,
        "seconds": round(report.seconds, 3),
        "results": [
            {
                "check": result.kind,
                "name": result.name,
                "health": result.health,
                "detail": result.detail,
                "seconds": round(result.seconds, 3),
            }
            for result in report.results
        ],
    }


def counted(report: SmokeReport) -> str:
    """How many of each sort."""
    return ", ".join(f"{len(found)} {health}" for health in Health if (found := report.that_are(health)))


def _status(entry: LedgerEntry, overview: Overview) -> str:
    serves = overview.serving is not None and entry.number == overview.serving.number
    return f"{entry.status}, serves" if serves else entry.status


def _shout(health: Health) -> str:
    return health.upper() if health is Health.UNHEALTHY else health


def _short(image: str | None) -> str:
    if image is None:
        return "nothing"
    parsed = Image.parse(image)
    return parsed.short if parsed else image


def _cell(value: str | None) -> str:
    if value is None:
        return "(none)"
    if (image := Image.parse(value)) is not None:
        return f"{image.repository.rpartition('/')[2]}@{image.short}"
    return value if len(value) <= WIDEST_VALUE else value[:WIDEST_VALUE] + "…"
