"""A report as people read it: a table of what was found, and one line that sums it up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studyctl.cli.console import table
from studyctl.domain.policy.findings import Finding, Severity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.usecases.lint import Report

MAX_MESSAGE, MAX_WITNESS = 480, 240
"""Characters; reports in files hold the whole."""


def findings_table(report: Report) -> RenderableType | str:
    """The findings, gravest first, each with its witness and what to do."""
    if not report.findings:
        return summed(report)
    rows = [(_severity(finding), finding.rule, _place(finding), _words(finding)) for finding in report.findings]
    return table(("severity", "rule", "where", "what, and what to do"), rows)


def summed(report: Report) -> str:
    """`no findings in 2 policies, and in 31 files of code (412 resources, 3,004 answers of checkov); 5 waived`."""
    counts = Counter(finding.severity for finding in report.findings)
    grades = ", ".join(f"{counts[level]} {level.label}" for level in reversed(Severity) if counts[level])
    found = _counted(len(report.findings), "finding") if grades else "no findings"
    parts = [f"{found}{f' ({grades})' if grades else ''} in {_judged(report)}"]
    if report.waived:
        parts.append(f"{len(report.waived)} waived")
    if report.known:
        parts.append(f"{len(report.known)} in the baseline")
    if report.gone:
        parts.append(f"{len(report.gone)} of the baseline are gone: write it anew")
    return "; ".join(parts)


def _judged(report: Report) -> str:
    """Say what was looked at, and what was not; zeros only where nothing else was asked for."""
    own: tuple[tuple[int, str], ...] = (
        (report.policies, "policy"),
        (report.identities, "identity"),
        (report.resources, "planned resource"),
    )
    own += ((report.workflows, "file of the pipeline"),)
    parts = [_counted(count, noun) for count, noun in own if count]
    if report.unreadable:
        parts.append(f"{_counted(report.unreadable, 'policy')} that cannot be read")
    if report.scanned is not None:
        looked = report.scanned
        what = _counted(looked.resources, "resource of code") if looked.files else "the plans"
        where = f" in {_counted(looked.files, 'file')}" if looked.files else ""
        parts.append(f"{what}{where} ({_counted(looked.checks, 'answer')} of checkov)")
    elif report.folders:
        parts.append(f"nothing of {_counted(report.folders, 'folder')} of code, at which checkov could not look")
    return ", ".join(parts) or "nothing: there was nothing to look at"


def _counted(count: int, noun: str) -> str:
    head, of, rest = noun.partition(" of ")
    many = (f"{head[:-1]}ies" if head.endswith("y") else f"{head}s") + of + rest
    return f"{count:,} {noun if count == 1 else many}"


def _severity(finding: Finding) -> str:
    return finding.severity.label + ("" if finding.is_proven else ", not proven")


def _place(finding: Finding) -> str:
    place = str(finding.position)
    return f"{place}\n{finding.subject}" if finding.subject and finding.subject not in place else place


def _words(finding: Finding) -> str:
    witness = _shortened(finding.witness, MAX_WITNESS)
    lines = (
        _shortened(finding.message, MAX_MESSAGE),
        f"witness: {witness}" if witness else "",
        f"→ {finding.fix}" if finding.fix else "",
    )
    return "\n".join(filter(None, lines))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
