"""A smoke report as JUnit XML, for pipelines that show such files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as xml

from studyctl.domain.smoke.report import Health, SmokeReport


def write_junit(report: SmokeReport, environment: str, path: Path) -> None:
    """Write one test case a thing: unhealthy is a failure, unreachable an error, not asked is skipped."""
    suite = xml.Element(
        "testsuite",
        name=f"smoke {environment}",
        tests=str(len(report.results)),
        failures=str(len(report.that_are(Health.UNHEALTHY))),
        errors=str(len(report.that_are(Health.UNREACHABLE))),
        skipped=str(len(report.that_are(Health.SKIPPED))),
        time=f"{report.seconds:.3f}",
    )
    for result in report.results:
        case = xml.SubElement(
            suite, "testcase", classname=f"smoke.{result.kind}", name=result.name, time=f"{result.seconds:.3f}"
        )
        match result.health:
            case Health.UNHEALTHY:
                xml.SubElement(case, "failure", message=result.detail)
            case Health.UNREACHABLE:
                xml.SubElement(case, "error", message=f"{result.health}: {result.detail}")
            case Health.SKIPPED:
                xml.SubElement(case, "skipped", message=result.detail)
            case Health.HEALTHY:
                xml.SubElement(case, "system-out").text = result.detail
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
