"""Findings as JUnit XML: a suite a tool, a case a rule and place; what is waived is skipped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as XML

from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.waivers import Waiver
from studyctl.usecases.lint import Report

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def junit_text(report: Report) -> str:
    """Return a report as JUnit XML. Without findings it has one case that passed, so that no reader finds it empty."""
    suites = XML.Element("testsuites", name="studyctl lint")
    every: list[tuple[Finding, Waiver | None]] = [*((finding, None) for finding in report.findings), *report.waived]
    for tool in dict.fromkeys(("studyctl", *(finding.tool for finding, _ in every))):
        _suite(suites, tool, [pair for pair in every if pair[0].tool == tool])
    XML.indent(suites)
    return XML.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(suites: XML.Element, tool: str, found: Sequence[tuple[Finding, Waiver | None]]) -> None:
    failed = [finding for finding, waiver in found if waiver is None]
    suite = XML.SubElement(suites, "testsuite", name=tool, tests=str(max(len(found), 1)), failures=str(len(failed)))
    suite.set("errors", "0")
    suite.set("skipped", str(len(found) - len(failed)))
    if not found:
        XML.SubElement(suite, "testcase", classname=tool, name="no findings")
    for finding, waiver in found:
        name = f"{finding.rule} {finding.where} {finding.subject}".strip()
        case = XML.SubElement(suite, "testcase", classname=f"{tool}.{finding.rule}", name=_plain(name))
        if waiver is not None:
            XML.SubElement(case, "skipped", message=_plain(f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"))
            continue
        failure = XML.SubElement(case, "failure", type=finding.severity.label, message=_plain(finding.message))
        lines = (str(finding), finding.witness, finding.fix, finding.source)
        failure.text = _plain("\n".join(filter(None, lines)))


def _plain(text: str) -> str:
    return _REFUSED.sub("�", text)
