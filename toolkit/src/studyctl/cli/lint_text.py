"""A report as people read it: a table of what was found, and one line that sums it up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studyctl.cli.console import table
from studyctl.domain.policy.findings import Finding, Severity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.usecases.lint import Report

MAX_WITNESS = 240


def findings_table(report: Report) -> RenderableType | str:
    """The findings, gravest first, each with its witness and what to do."""
    if not report.findings:
        return summed(report)
    rows = [(_severity(finding), finding.rule, _place(finding), _words(finding)) for finding in report.findings]
    return table(("severity", "rule", "where", "what, and what to do"), rows)


def summed(report: Report) -> str:
    """`3 findings (1 critical, 2 low) in 78 policies, 21 identities and 573 resources; 5 waived`."""
    counts = Counter(finding.severity for finding in report.findings)
    grades = ", ".join(f"{counts[level]} {level.label}" for level in reversed(Severity) if counts[level])
    found = f"{len(report.findings)} finding{'' if len(report.findings) == 1 else 's'}" if grades else "no findings"
    judged = f"{report.policies} policies, {report.identities} identities and {report.resources} resources"
    parts = [f"{found}{f' ({grades})' if grades else ''} in {judged}"]
    if report.waived:
        parts.append(f"{len(report.waived)} waived")
    if report.known:
        parts.append(f"{len(report.known)} in the baseline")
    if report.gone:
        parts.append(f"{len(report.gone)} of the baseline are gone: write it anew")
    return "; ".join(parts)


def _severity(finding: Finding) -> str:
    return finding.severity.label + ("" if finding.is_proven else ", not proven")


def _place(finding: Finding) -> str:
    place = str(finding.position)
    return f"{place}\n{finding.subject}" if finding.subject and finding.subject not in place else place


def _words(finding: Finding) -> str:
    witness = finding.witness if len(finding.witness) <= MAX_WITNESS else f"{finding.witness[:MAX_WITNESS]}…"
    lines = (finding.message, f"witness: {witness}" if witness else "", f"→ {finding.fix}" if finding.fix else "")
    return "\n".join(filter(None, lines))
