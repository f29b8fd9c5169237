"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.adapters.findings_files.places import Place, place_of
from studyctl.domain.policy.findings import Finding, Severity
from studyctl.usecases.lint import Report

_COMMANDS = {Severity.LOW: "notice", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}


def annotation_lines(report: Report) -> Iterator[str]:
    """Yield a line a finding."""
    for finding in report.findings:
        place = place_of(finding, report)
        yield f"::{_COMMANDS[finding.severity]} {_properties(finding, place)}::{_data(_message(finding, place))}"


def _properties(finding: Finding, place: Place) -> str:
    told = {"title": f"{finding.rule} {finding.severity.label}"}
    if place.is_named:
        line = {"line": str(place.line)} if place.line else {}
        column = {"col": str(place.column)} if place.column and finding.tool == "studyctl" else {}
        told = {"file": place.file, **line, **column, **told}
    return ",".join(f"{name}={_property(value)}" for name, value in told.items())


def _message(finding: Finding, place: Place) -> str:
    where = "" if place.is_named else f"{finding.where}: "
    doubt = "" if finding.is_proven else " (not proven)"
    return "\n".join(filter(None, (f"{where}{finding.message}{doubt}", finding.witness, finding.fix)))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
