"""Findings as SARIF 2.1.0, which code scanning of GitHub and most editors read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from studyctl import __version__
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
    runs = [_run(tool, [pair for pair in every if pair[0].tool == tool], known) for tool in tools]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=2, ensure_ascii=False) + "\n"


def _run(tool: str, found: list[tuple[Finding, Waiver | None]], known: Mapping[str, Rule[Any]]) -> dict[str, Any]:
    rules = {finding.rule: finding for finding, _ in found}
    order = {rule: index for index, rule in enumerate(rules)}
    driver: dict[str, Any] = {"name": tool, "rules": [_rule(finding, known) for finding in rules.values()]}
    if tool == "studyctl":
        driver["semanticVersion"] = __version__
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, waiver, order[finding.rule]) for finding, waiver in found],
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


def _result(finding: Finding, waiver: Waiver | None, index: int) -> dict[str, Any]:
    words = [finding.message, *([f"Witness: {finding.witness}"] if finding.witness else []), finding.fix]
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(filter(None, words))},
        "locations": [_location(finding)],
        "partialFingerprints": {"studyctl/v1": finding.fingerprint},
    }
    if not finding.is_proven:
        told["properties"] = {"verdict": "not proven"}
    if waiver is not None:
        justification = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return told


def _location(finding: Finding) -> dict[str, Any]:
    """Return a file with its line, or the address of a resource, which is in no file that is known."""
    if _is_file(finding):
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.where)}}
        if finding.position.line:
            place["region"] = {"startLine": finding.position.line, "startColumn": finding.position.column or 1}
        return {"physicalLocation": place}
    told: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": finding.where, "kind": "resource"}]}
    file, _, line = finding.subject.partition(":")
    if finding.tool == "checkov" and file.endswith(".tf"):
        number = line.partition(":")[0]
        told["physicalLocation"] = {
            "artifactLocation": {"uri": quote(file)},
            "region": {"startLine": int(number) if number.isdigit() else 1},
        }
    return told


def _is_file(finding: Finding) -> bool:
    return finding.tool == "studyctl" and PurePosixPath(finding.where).suffix in (".json", ".yaml", ".tf")
