"""Where a finding is, for readers that know files and lines only: code scanning, and the lines of a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from studyctl.domain.policy.findings import Finding
from studyctl.usecases.lint import Report

_FILES = frozenset({".json", ".yaml", ".yml", ".tf"})


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and a line of it, or 0. `is_named`: the finding is about the file itself, not about what a plan plans."""

    file: str
    line: int = 0
    column: int = 0
    is_named: bool = True


def place_of(finding: Finding, report: Report) -> Place:
    """Return the file that holds what a finding is about: of a resource the plan, whose lines mean nothing."""
    where, position = finding.where, finding.position
    if finding.tool == "checkov" and finding.subject:
        file, line, column = finding.subject.rsplit(":", 2)
        return Place(file, int(line), int(column))
    file = report.files.get(where, "")
    if file == where or (not file and PurePosixPath(where).suffix in _FILES):
        return Place(where, position.line, position.column)
    return Place(file or report.files.get("plan", where), is_named=False)
