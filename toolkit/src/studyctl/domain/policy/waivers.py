"""What is known, weighed and let be: waivers, each for a time, and what is wrong with them.

A waiver is a row of `iam-policies/waivers.yaml`. Of checkov's checks it is said twice, also as
`#checkov:skip=ID:reason` at the resource, so that who reads the code sees it; one without the other is a finding.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.globs import glob, matches
from studyctl.domain.policy.problems import Position

MANIFEST = Path("iam-policies") / "waivers.yaml"
"""Where a repository has its waivers."""
CHECKOV_RULE = re.compile(r"CKV2?_[A-Z0-9]+_[0-9]+")
EXPIRED, UNUSED, UNMATCHED = "SC902", "SC903", "SC904"
_SOURCE = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html"


@dataclass(frozen=True, slots=True)
class Waiver:
    """One row. `where` are files, addresses in a plan (`*` stands for anything), or "folder address" for checkov.

    Empty, it waives what no resource could fulfil, by the control's own id.
    """

    rule: str
    where: tuple[str, ...]
    reason: str
    owner: str
    expires: datetime.date
    position: Position = field(compare=False)

    @property
    def is_checkovs(self) -> bool:
        """Whether it waives one of checkov's checks."""
        return CHECKOV_RULE.fullmatch(self.rule) is not None

    def covers(self, finding: Finding) -> bool:
        """Whether it waives a finding."""
        return finding.rule == self.rule and any(matches(glob(place), finding.where) for place in self.where)


@dataclass(frozen=True, slots=True)
class Skip:
    """A suppression in the code. `where` is "folder address", which survives a move between files."""

    rule: str
    where: str
    reason: str
    position: Position = field(compare=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run looked at, so that a waiver is called unused only where it could have been used.

    `skips` are None when no code was looked at. `folders` are those whose code was; None: all there is.
    """

    places: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    skips: tuple[Skip, ...] | None = None
    folders: tuple[str, ...] | None = None

    def has_looked_at(self, place: str) -> bool:
        """Whether the code at a place of a waiver was looked at."""
        return self.folders is None or any(place.startswith((f"{each}/", f"{each} ")) for each in self.folders)


@dataclass(frozen=True, slots=True)
class Waived:
    """What is left of findings, with what is wrong with the waivers; and what was waived, by which row."""

    remaining: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Waiver], ...]


def apply_waivers(findings: Iterable[Finding], waivers: Sequence[Waiver], scope: Scope, today: datetime.date) -> Waived:
    """Take away what is waived. An expired waiver waives nothing any more."""
    current = [waiver for waiver in waivers if waiver.expires >= today]
    remaining: list[Finding] = []
    waived: list[tuple[Finding, Waiver]] = []
    for finding in findings:
        waiver = next((waiver for waiver in current if waiver.covers(finding)), None)
        if waiver is None:
            remaining.append(finding)
        else:
            waived.append((finding, waiver))
    used = {(waiver.rule, finding.where) for finding, waiver in waived}
    problems = (*_expired(waivers, today), *_unused(current, used, scope), *_disagreements(waivers, scope))
    return Waived((*remaining, *problems), tuple(waived))


def _expired(waivers: Iterable[Waiver], today: datetime.date) -> Iterator[Finding]:
    for waiver in waivers:
        if waiver.expires < today:
            message = f"{waiver.rule} was waived until {waiver.expires}; {waiver.owner} decides anew"
            yield _finding(EXPIRED, message, waiver.position, "Mend what it waives, or write a new date.")


def _unused(waivers: Iterable[Waiver], used: set[tuple[str, str]], scope: Scope) -> Iterator[Finding]:
    """Yield rows of our own rules that waive nothing although their place was looked at, or name no rule at all."""
    for waiver in waivers:
        if waiver.rule not in scope.rules:
            if scope.rules and waiver.where and not waiver.is_checkovs:
                message = f"there is no rule '{waiver.rule}', so the row waives nothing"
                yield _finding(UNUSED, message, waiver.position, "Write the id of a rule of docs/rules.md.")
            continue
        for place in waiver.where:
            pattern = glob(place)
            was_seen = any(matches(pattern, one) for one in scope.places)
            if was_seen and not any(rule == waiver.rule and matches(pattern, where) for rule, where in used):
                message = f"{waiver.rule} is waived at '{place}', and nothing there breaks it"
                yield _finding(UNUSED, message, waiver.position, "Remove the row, or the place from `where`.")


def _disagreements(waivers: Sequence[Waiver], scope: Scope) -> Iterator[Finding]:
    """Yield where code and manifest do not say the same of checkov's checks."""
    skips = scope.skips
    if skips is None:
        return
    in_code = {(skip.rule, skip.where) for skip in skips}
    rows = {(waiver.rule, place): waiver for waiver in waivers if waiver.is_checkovs for place in waiver.where}
    for skip in skips:
        if not skip.reason:
            message = f"{skip.rule} is skipped without a reason"
            yield _finding(UNMATCHED, message, skip.position, "Write the reason after the second colon.")
        if (skip.rule, skip.where) not in rows:
            message = f"{skip.rule} is skipped at '{skip.where}', and no waiver says so"
            yield _finding(UNMATCHED, message, skip.position, "Add a row for it to the waivers.")
    for (rule, place), waiver in sorted(rows.items(), key=lambda row: row[0]):
        if (rule, place) not in in_code and scope.has_looked_at(place):
            message = f"{rule} is waived at '{place}', and nothing there skips it"
            yield _finding(UNUSED, message, waiver.position, "Remove the row, or the place from `where`.")
    for waiver in waivers:
        if waiver.is_checkovs and not waiver.where:
            yield _finding(
                UNMATCHED, f"{waiver.rule} needs the places that skip it", waiver.position, "List them in `where`."
            )


def _finding(rule: str, message: str, position: Position, fix: str) -> Finding:
    return Finding(rule, Severity.MEDIUM, message, position, fix=fix, source=_SOURCE)
