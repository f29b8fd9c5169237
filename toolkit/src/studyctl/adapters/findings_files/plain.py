"""Findings as plain values, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from studyctl.domain.policy.findings import Finding
from studyctl.usecases.lint import Report


def finding_value(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON holds it."""
    return {
        "rule": finding.rule,
        "tool": finding.tool,
        "severity": finding.severity.label,
        "verdict": "refuted" if finding.is_proven else "not proven",
        "message": finding.message,
        "where": finding.where,
        "line": finding.position.line or None,
        "column": finding.position.column or None,
        "subject": finding.subject,
        "witness": finding.witness,
        "fix": finding.fix,
        "source": finding.source,
        "fingerprint": finding.fingerprint,
    }


def report_value(report: Report) -> dict[str, Any]:
    """Return a report as JSON holds it."""
    return {
        "findings": [finding_value(finding) for finding in report.findings],
        "waived": [
            {
                **finding_value(finding),
                "waiver": {"owner": w.owner, "reason": w.reason, "expires": w.expires.isoformat()},
            }
            for finding, w in report.waived
        ],
        "in_baseline": len(report.known),
        "gone_from_baseline": sorted(report.gone),
        "judged": {
            "policies": report.policies,
            "identities": report.identities,
            "resources": report.resources,
            "unreadable": report.unreadable,
            "folders": report.folders,
            "checkov": asdict(report.scanned) if report.scanned else None,
        },
    }
