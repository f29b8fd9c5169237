"""What a rule found: one frozen value that every report is made of."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from studyctl.domain.policy.problems import Position


class Severity(enum.IntEnum):
    """How much harm is possible, ordered."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Say it in a word."""
        return self.name.lower()


class Finding(NamedTuple):
    """One offence against one rule.

    `where` is what waivers and baselines name: a file, or the address of a resource in a plan. `subject` is the
    statement or block in it; checkov's is the line at which the resource of `where` begins. `is_proven` is false where
    the rule could not tell; `message` then says why.
    """

    rule: str
    severity: Severity
    message: str
    position: Position
    subject: str = ""
    witness: str = ""
    fix: str = ""
    source: str = ""
    is_proven: bool = True
    tool: str = "studyctl"

    @property
    def where(self) -> str:
        """Return the file or the address."""
        return self.position.source

    @property
    def fingerprint(self) -> str:
        """Return what stays the same when lines move: the key of baselines and of SARIF."""
        subject = self.subject if self.tool == "studyctl" else ""
        identity = "\n".join((self.tool, self.rule, self.where, subject, self.message))
        return hashlib.sha256(identity.encode()).hexdigest()[:32]

    def __str__(self) -> str:
        """Say it in one line."""
        doubt = "" if self.is_proven else " (not proven)"
        return f"{self.position}: {self.severity.label} {self.rule}{doubt}: {self.message}"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions: gravest first, then by place."""
    return tuple(sorted(dict.fromkeys(findings), key=order_of))


def order_of(finding: Finding) -> tuple[int, str, int, int, str, str]:
    """Return what findings are ordered by."""
    place = finding.position
    return (-finding.severity, place.source, place.line, place.column, finding.rule, finding.message)


def at_least(findings: Iterable[Finding], level: Severity) -> tuple[Finding, ...]:
    """Return the findings at or above a severity."""
    return tuple(finding for finding in findings if finding.severity >= level)
