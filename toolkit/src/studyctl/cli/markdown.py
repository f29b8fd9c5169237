"""Summaries for a pull request or a job: what was judged, released, tested, put back, and why it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from studyctl.errors import StudyctlError

if TYPE_CHECKING:
    from studyctl.domain.release.ledger import LedgerEntry
    from studyctl.domain.release.rollback import RollbackPlan
    from studyctl.domain.smoke.report import SmokeReport
    from studyctl.usecases.lint import Report
    from studyctl.usecases.release import ReleaseOutcome

SHOWN = 50
PART_CHARACTERS = 5_000
"""GitHub refuses a comment or an issue of more than 65,536 characters: a comment has three plans of at most four such
parts. A summary may have 1 MiB."""


def within(lines: Sequence[str], characters: int = PART_CHARACTERS) -> list[str]:
    """As many lines as fit, and how many did not."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        characters -= len(line) + 1
        if characters < 0:
            return [*kept, f"… and {len(lines) - number} more lines, in the job's summary"]
        kept.append(line)
    return kept


def fenced(lines: Sequence[str], language: str = "text") -> list[str]:
    """Lines as they are, whatever is in them: what names and values say must not become links or mentions."""
    return [f"```{language}", *(line.replace("```", "` ` `") for line in lines), "```", ""]


def failure(error: StudyctlError, *, is_brief: bool = False) -> str:
    """What happened, why, and what to run next."""
    head, _, rest = error.what.partition("\n")
    lines = [f"### Failed: {head}", ""]
    why = "\n".join(part for part in (rest, error.why) if part)
    if why:
        told = why.split("\n")
        lines += fenced(within(told) if is_brief else told)
    if error.hint:
        lines += [error.hint, ""]
    return "\n".join(lines)


def lint(report: Report) -> str:
    """The findings, gravest first."""
    from studyctl.cli.lint_text import summed  # noqa: PLC0415

    rows = [(f.severity.label, f.rule, f"`{f.position}`", f.message) for f in report.findings[:SHOWN]]
    return "\n".join((f"### Lint: {summed(report)}", "", *_table(("severity", "rule", "where", "what"), rows)))


def smoke(environment: str, report: SmokeReport) -> str:
    """The verdict, and each thing with what it said."""
    from studyctl.cli.release_text import counted  # noqa: PLC0415

    rows = [(r.kind, r.name, str(r.health), r.detail, f"{r.seconds:.2f} s") for r in report.results]
    head = f"### Smoke test of {environment}: {report.verdict.judgement} ({counted(report)})"
    return "\n".join((head, "", *_table(("check", "thing", "", "what it says", "took"), rows)))


def release(environment: str, outcome: ReleaseOutcome, *, dry_run: bool) -> str:
    """What came of it, each image, and the verdicts."""
    from studyctl.cli.release_text import outcome_text  # noqa: PLC0415

    lines = [f"### {outcome_text(environment, outcome, dry_run=dry_run)}", ""]
    lines += _table(("service", "image"), _images(outcome.plan.release.images.items()))
    if outcome.entry is not None:
        lines += _verdicts(outcome.entry)
    return "\n".join(lines)


def rollback(environment: str, plan: RollbackPlan, entry: LedgerEntry | None) -> str:
    """What serves again, and what was not undone."""
    done = f"release {plan.target.origin} serves again" if entry else f"release {plan.target.origin} would come back"
    lines = [f"### {environment}: {done}", ""]
    lines += _table(("service", "image"), _images(plan.target.release.images.items()))
    lines += [f"- not undone: {line}" for line in plan.not_undone]
    return "\n".join([*lines, ""])


def _verdicts(entry: LedgerEntry) -> list[str]:
    found = [f"- {name}: {verdict}" for name, verdict in entry.verdicts.items()]
    found += [f"- decided against the rules: {override}" for override in entry.overrides]
    return [*found, ""] if found else []


def _images(images: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, f"`{image.rpartition('@')[2]}`") for key, image in images]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;').replace(chr(10), '<br>') for cell in row)} |"
    yield ""
