"""Findings as SARIF 2.1.0, which code scanning of GitHub and most editors read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from studyctl import __version__
from studyctl.adapters.findings_files.places import Place, place_of
from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.rules.rule import Rule
from studyctl.domain.policy.waivers import Waiver
from studyctl.usecases.lint import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0-rtm.5.json"
_LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
"""What GitHub sorts by: `security-severity`, as a CVSS score."""


def sarif_text(report: Report, rules: Iterable[Rule[Any]]) -> str:
    """Return a report as a SARIF log with one run a tool; what is waived is in it, as suppressed."""
    known = {rule.id: rule for rule in rules}
    every = [*((finding, None) for finding in report.findings), *report.waived]
    tools = dict.fromkeys(("studyctl", *(finding.tool for finding, _ in every)))
    runs = [_run(tool, [pair for pair in every if pair[0].tool == tool], known, report) for tool in tools]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=2, ensure_ascii=False) + "\n"


def _run(
    tool: str, found: list[tuple[Finding, Waiver | None]], known: Mapping[str, Rule[Any]], report: Report
) -> dict[str, Any]:
    rules = {finding.rule: finding for finding, _ in found}
    order = {rule: index for index, rule in enumerate(rules)}
    driver: dict[str, Any] = {"name": tool, "rules": [_rule(finding, known) for finding in rules.values()]}
    if tool == "studyctl":
        driver["semanticVersion"] = __version__
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, waiver, order[finding.rule], report) for finding, waiver in found],
    }


def _rule(finding: Finding, known: Mapping[str, Rule[Any]]) -> dict[str, Any]:
    rule = known.get(finding.rule)
    told: dict[str, Any] = {
        "id": finding.rule,
        "shortDescription": {"text": rule.summary if rule else finding.message},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": ["security"], "security-severity": _SCORES[finding.severity]},
    }
    if rule is not None:
        told["name"] = "".join(part.capitalize() for part in rule.name.split("-"))
    if finding.source:
        told["helpUri"] = finding.source
    if finding.fix:
        told["help"] = {"text": finding.fix}
    return told


def _result(finding: Finding, waiver: Waiver | None, index: int, report: Report) -> dict[str, Any]:
    words = [finding.message, *([f"Witness: {finding.witness}"] if finding.witness else []), finding.fix]
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(filter(None, words))},
        "locations": [_location(finding, place_of(finding, report))],
        "partialFingerprints": {"studyctl/v1": finding.fingerprint},
    }
    if not finding.is_proven:
        told["properties"] = {"verdict": "not proven"}
    if waiver is not None:
        justification = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return told


def _location(finding: Finding, place: Place) -> dict[str, Any]:
    """Return a file with a line, and the address of a resource. GitHub refuses the whole log where one has no file."""
    region = {"startLine": place.line or 1, **({"startColumn": place.column} if place.column else {})}
    told: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}
    if finding.where != place.file or not place.is_named:
        told["logicalLocations"] = [{"fullyQualifiedName": finding.where, "kind": "resource"}]
    return told


def _uri(file: str) -> str:
    return f"file://{quote(file)}" if file.startswith("/") else quote(file)
