"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Finding, Severity
from studyctl.usecases.lint import Report

_COMMANDS = {Severity.LOW: "notice", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}


def annotation_lines(report: Report) -> Iterator[str]:
    """Yield a line a finding."""
    for finding in report.findings:
        yield f"::{_COMMANDS[finding.severity]} {_properties(finding)}::{_data(_message(finding))}"


def _properties(finding: Finding) -> str:
    places = {"title": f"{finding.rule} {finding.severity.label}"}
    file, line, column = finding.where, finding.position.line, finding.position.column
    if finding.tool == "checkov" and ".tf:" in finding.subject:
        file, number, *_ = finding.subject.split(":")
        line, column = int(number), 0
    if line:
        places = {"file": file, "line": str(line), **({"col": str(column)} if column else {}), **places}
    return ",".join(f"{name}={_property(value)}" for name, value in places.items())


def _message(finding: Finding) -> str:
    where = "" if finding.position.line else f"{finding.where}: "
    doubt = "" if finding.is_proven else " (not proven)"
    return "\n".join(filter(None, (f"{where}{finding.message}{doubt}", finding.witness, finding.fix)))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
