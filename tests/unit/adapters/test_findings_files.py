from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as XML

import jsonschema
import pytest

from studyctl.adapters.findings_files.baseline import read_baseline, write_baseline
from studyctl.adapters.findings_files.github import annotation_lines
from studyctl.adapters.findings_files.junit import junit_text
from studyctl.adapters.findings_files.plain import report_value
from studyctl.adapters.findings_files.sarif import sarif_text
from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.table import ALL_RULES
from studyctl.domain.policy.waivers import Waiver
from studyctl.errors import UsageError
from studyctl.usecases.lint import Report

SCHEMA = Path(__file__).resolve().parents[2] / "fixtures" / "sarif-2.1.0-rtm.5.json"
ROW = Waiver("SC303", ("x",), "a reason", "security", datetime.date(2027, 1, 1), Position("waivers.yaml", 1, 1))


def finding(rule: str, where: str, severity: Severity = Severity.HIGH, **more: Any) -> Finding:
    place = Position(where, more.pop("line", 0), more.pop("column", 0))
    return Finding(rule, severity, more.pop("message", "what is wrong"), place, source="https://example.org/a", **more)


REPORT = Report(
    findings=(
        finding(
            "SC101", "iam policies/ci.json", Severity.CRITICAL, line=4, column=7, fix="Mend it.", witness="s3:* on *"
        ),
        finding("SC201", 'module.a["x"].aws_iam_role.b', is_proven=False, message="100% \x07 <odd> & 'quoted'\nline"),
        finding(
            "CKV_AWS_1", "terraform/a aws_x.y", Severity.MEDIUM, tool="checkov", subject="terraform/a/main.tf:12:1"
        ),
        finding("SC010", "a.json", Severity.LOW, line=1, column=1),
    ),
    waived=((finding("SC303", "x"), ROW),),
)


@pytest.mark.parametrize("report", [REPORT, Report(())], ids=["findings", "none"])
def test_sarif_fulfils_the_schema_of_the_standard(report: Report) -> None:
    log = json.loads(sarif_text(report, ALL_RULES))
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(log)
    assert log["runs"][0]["tool"]["driver"]["name"] == "studyctl"


def test_sarif_says_where_how_grave_and_what_is_waived() -> None:
    own, checkov = json.loads(sarif_text(REPORT, ALL_RULES))["runs"]
    first, second, third, waived = own["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "iam%20policies/ci.json"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 7}
    assert (first["level"], third["level"]) == ("error", "note")
    assert second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == 'module.a["x"].aws_iam_role.b'
    assert second["properties"]["verdict"] == "not proven"
    assert waived["suppressions"][0]["status"] == "accepted"
    assert own["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "SC101"
    assert checkov["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 12


PLANNED = Report(
    findings=(
        finding("SC201", "aws_iam_role.json", line=1, column=15),
        finding("SC604", "plan"),
        finding("SC905", "checkov"),
        finding("SC302", "/other/p.json"),
        finding("CKV_GHA_7", ".github/workflows/a.yml", tool="checkov", subject=".github/workflows/a.yml:3:1"),
    ),
    files={"aws_iam_role.json": "plans/dev plan.json", "plan": "plans/dev plan.json"},
)


def test_every_result_of_sarif_has_a_file_and_a_line_or_github_refuses_the_log() -> None:
    results = [result for run in json.loads(sarif_text(PLANNED, ALL_RULES))["runs"] for result in run["results"]]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
        ("plans/dev%20plan.json", 1),
        ("plans/dev%20plan.json", 1),
        ("plans/dev%20plan.json", 1),
        ("file:///other/p.json", 1),
        (".github/workflows/a.yml", 3),
    ]
    assert results[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "aws_iam_role.json"
    first = json.loads(sarif_text(REPORT, ALL_RULES))["runs"][0]["results"][1]
    assert (
        first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "module.a%5B%22x%22%5D.aws_iam_role.b"
    )


def test_annotations_name_files_and_never_the_address_of_a_resource_as_one() -> None:
    lines = list(annotation_lines(PLANNED))
    assert lines[0].startswith("::error title=SC201 high::aws_iam_role.json: what")
    assert lines[3].startswith("::error file=/other/p.json,title=SC302 high::what is wrong")
    assert lines[4].startswith("::error file=.github/workflows/a.yml,line=3,title=")


def test_a_fingerprint_stays_when_code_moves() -> None:
    before, after = (
        finding("CKV_AWS_1", "a aws_x.y", tool="checkov", subject=f"a/main.tf:{line}:1").fingerprint for line in (1, 9)
    )
    assert before == after
    assert finding("SC101", "p.json", subject="A").fingerprint != finding("SC101", "p.json", subject="B").fingerprint


def test_junit_counts_and_survives_what_xml_cannot_hold() -> None:
    own, checkov = XML.fromstring(junit_text(REPORT))  # noqa: S314 - our own text
    assert (own.get("tests"), own.get("failures"), own.get("skipped")) == ("4", "3", "1")
    assert checkov.get("failures") == "1"
    assert "\x07" not in junit_text(REPORT)
    (empty,) = XML.fromstring(junit_text(Report(())))  # noqa: S314
    assert empty.find("testcase/failure") is None
    assert empty.get("tests") == "1"


def test_annotations_are_one_line_each_and_escaped() -> None:
    lines = list(annotation_lines(REPORT))
    assert len(lines) == len(REPORT.findings)
    assert all("\n" not in line for line in lines)
    assert lines[0].startswith("::error file=iam policies/ci.json,line=4,col=7,title=SC101 critical::")
    assert "100%25" in lines[1]
    assert lines[2].startswith("::warning file=terraform/a/main.tf,line=12,")
    assert lines[3].startswith("::notice ")


def test_json_tells_the_verdict_and_the_waiver() -> None:
    value = report_value(REPORT)
    assert [one["verdict"] for one in value["findings"]] == ["refuted", "not proven", "refuted", "refuted"]
    assert value["waived"][0]["waiver"]["owner"] == "security"
    assert json.loads(json.dumps(value)) == value


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert write_baseline(path, REPORT.findings) == len(REPORT.findings)
    assert read_baseline(path) == {one.fingerprint for one in REPORT.findings}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 2, "findings": []}', '{"format": 1, "findings": [1]}', "[" * 200_000],
    ids=["nothing", "a list", "no format", "another format", "no finding", "without end"],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match="not a baseline"):
        read_baseline(path)
