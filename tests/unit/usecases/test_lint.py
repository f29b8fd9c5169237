from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.support.policy_cases import plan_of

from studyctl.adapters.policy_files import find_sources
from studyctl.adapters.skips import skips_in
from studyctl.adapters.waiver_file import read_waivers
from studyctl.cli.lint_text import summed
from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.waivers import Waiver
from studyctl.errors import PreflightFailed, Refused, UsageError
from studyctl.usecases.lint import LintRequest, Looked, PlanDocument, Report, Scan, gate, lint
from studyctl.usecases.lint_policies import PolicyText

TODAY = datetime.date(2027, 1, 1)
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
HARMLESS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/a/*"}],
}
OPEN_PLAN: dict[str, Any] = plan_of({"aws_ebs_volume.a": {"encrypted": False}, "aws_dlm_lifecycle_policy.a": {}})


def text(name: str, content: Any) -> PolicyText:
    return PolicyText(name, json.dumps(content).encode())


class OneFinding:
    """A scanner that finds the same thing in every folder."""

    def __init__(self) -> None:
        self.asked: tuple[Sequence[str], Sequence[str]] = ((), ())

    def scan(self, folders: Sequence[str], plans: Sequence[str]) -> Scan:
        self.asked = (folders, plans)
        return Scan((Finding("CKV_AWS_1", Severity.MEDIUM, "checkov says so", Position("t x.y"), tool="checkov"),), ())


class Answering:
    """A scanner with one answer."""

    def __init__(self, answer: Scan) -> None:
        self._answer = answer

    def scan(self, folders: Sequence[str], plans: Sequence[str]) -> Scan:
        return self._answer


def test_policies_plans_and_code_are_one_report() -> None:
    scanner = OneFinding()
    request = LintRequest(
        TODAY, policies=[text("a.json", ADMIN)], plans=[PlanDocument("p", OPEN_PLAN, "/p.json")], folders=["t"]
    )
    report = lint(request, scanner)
    assert {"SC101", "SC782", "CKV_AWS_1"} <= {finding.rule for finding in report.findings}
    assert report.findings[0].severity is Severity.CRITICAL
    assert scanner.asked == (["t"], ["/p.json"])
    assert report.policies == 1


def test_what_checkov_says_once_more_is_told_once_and_what_is_waived_hides_nothing() -> None:
    ours = Finding("SC103", Severity.MEDIUM, "on *", Position("aws_iam_policy.a", 1, 9))
    again, elsewhere = (
        Finding("CKV_AWS_355", Severity.MEDIUM, "no *", Position(f"aws_iam_policy.{name}"), tool="checkov")
        for name in "ab"
    )
    other = again._replace(rule="CKV_AWS_70")
    scanner = Answering(Scan((ours, again, elsewhere, other)))
    report = lint(LintRequest(TODAY, folders=["t"]), scanner)
    assert set(report.findings) == {ours, elsewhere, other}
    row = Waiver("SC103", ("aws_iam_policy.a",), "r", "o", TODAY, Position("waivers.yaml", 1, 1))
    report = lint(LintRequest(TODAY, folders=["t"], waivers=(row,)), scanner)
    assert set(report.findings) == {again, elsewhere, other}


def test_a_report_tells_which_file_holds_what_was_judged() -> None:
    plans = [PlanDocument("dev.json", OPEN_PLAN), PlanDocument("prod.json", OPEN_PLAN)]
    report = lint(LintRequest(TODAY, policies=[text("a.json", ADMIN)], plans=plans))
    assert report.files["a.json"] == "a.json"
    assert {report.files[place] for place in ("plan", "aws_ebs_volume.a")} == {"dev.json"}


def test_the_summary_tells_what_was_looked_at() -> None:
    def told(looked: Looked, **more: Any) -> str:
        request = LintRequest(TODAY, **{"folders": ["t", "u"], **more})
        return summed(lint(request, Answering(Scan((), (), looked))))

    code = "no findings in 12 resources of code in 3 files (1,240 answers of checkov)"
    assert told(Looked(1240, 12, 3)) == code
    assert told(Looked()) == "no findings in nothing of 2 folders of code, at which checkov could not look"
    assert told(Looked(), folders=[]) == "no findings in nothing: there was nothing to look at"
    policies = told(Looked(1, 1, 1), policies=[text("a.json", HARMLESS)])
    assert policies == "no findings in 1 policy, 1 resource of code in 1 file (1 answer of checkov)"
    broken = told(Looked(), folders=[], policies=[PolicyText("a.json", b"{")])
    assert broken == "1 finding (1 high) in 1 policy that cannot be read"


def test_what_is_harmless_has_no_finding() -> None:
    assert lint(LintRequest(TODAY, policies=[text("a.json", HARMLESS)])).findings == ()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"Statement": 1}', b'{"Statement": [], "Statement": []}']
)
def test_what_cannot_be_read_never_passes(content: bytes) -> None:
    findings = lint(LintRequest(TODAY, policies=[PolicyText("a.json", content)])).findings
    assert {finding.rule for finding in findings} == {"SC001"}
    assert not findings[0].is_proven


def test_the_baseline_counts_only_what_is_new_and_tells_what_is_gone() -> None:
    request = LintRequest(TODAY, policies=[text("a.json", ADMIN)])
    known = frozenset(finding.fingerprint for finding in lint(request).findings)
    again = lint(LintRequest(TODAY, policies=[text("a.json", ADMIN)], baseline=known))
    assert again.findings == ()
    assert len(again.known) == len(known)
    assert lint(LintRequest(TODAY, policies=[text("a.json", HARMLESS)], baseline=known)).gone == known


def test_the_gate_refuses_a_plan_with_exit_3_and_lets_an_empty_one_pass() -> None:
    with pytest.raises(Refused) as refused:
        gate(OPEN_PLAN, (), TODAY)
    assert refused.value.exit_code == 3
    assert "SC782" in refused.value.why
    assert gate({}, (), TODAY).findings == ()


def test_the_gate_takes_waivers_and_shows_its_report() -> None:
    told: list[Report] = []
    places = ("aws_ebs_volume.a",)
    rows = [Waiver(rule, places, "r", "o", TODAY, Position("w", 1, 1)) for rule in ("SC782", "SC784")]
    gate(OPEN_PLAN, rows, TODAY, on_report=told.append)
    assert len(told[0].waived) == 2


def test_a_waiver_that_another_environment_needs_is_a_finding_of_lint_and_stops_no_apply() -> None:
    places = ("aws_ebs_volume.a",)
    rows = [Waiver(rule, places, "r", "o", TODAY, Position("w", 1, 1)) for rule in ("SC782", "SC784", "SC107")]
    assert gate(OPEN_PLAN, rows, TODAY).findings == ()
    found = lint(LintRequest(TODAY, plans=(PlanDocument("plan", OPEN_PLAN),), waivers=rows)).findings
    assert [finding.rule for finding in found] == ["SC903"]


def test_only_what_is_grave_enough_fails() -> None:
    report = Report((Finding("SC010", Severity.LOW, "m", Position("a")),))
    report.enforce(Severity.MEDIUM)
    with pytest.raises(Refused):
        report.enforce(Severity.LOW)


def test_a_folder_is_searched_for_policies_and_code(tmp_path: Path) -> None:
    (tmp_path / "code" / ".terraform").mkdir(parents=True)
    (tmp_path / "code" / "main.tf").write_text("", "utf-8")
    (tmp_path / "code" / "policy.json").write_text(json.dumps(ADMIN), "utf-8")
    (tmp_path / "code" / "package.json").write_text("{}", "utf-8")
    (tmp_path / "code" / "broken.json").write_text('{"Statement": [', "utf-8")
    (tmp_path / "code" / ".terraform" / "policy.json").write_text(json.dumps(ADMIN), "utf-8")
    sources = find_sources([tmp_path], [], tmp_path)
    assert [policy.name for policy in sources.policies] == ["code/broken.json", "code/policy.json"]
    assert sources.folders == ["."]


def test_a_plan_is_known_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(OPEN_PLAN), "utf-8")
    assert len(find_sources([tmp_path / "plan.json"], [], tmp_path).plans) == 1
    (tmp_path / "plan.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match="not a plan"):
        find_sources([], [tmp_path / "plan.json"], tmp_path)
    with pytest.raises(UsageError, match="there is no"):
        find_sources([tmp_path / "nothing"], [], tmp_path)


ROW = "  - {rule: SC1, where: [a], reason: r, owner: o, expires: 2027-01-01}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("waivers: 5\n", "a list called waivers"),
        ("other: []\n", "a list called waivers"),
        ("waivers:\n  - {rule: SC1}\n", "exactly"),
        (f"waivers:\n{ROW.replace('[a]', 'a')}", "texts"),
        (f"waivers:\n{ROW.replace('2027-01-01', 'soon')}", "is a date"),
        ("waivers: [", "not YAML"),
    ],
)
def test_a_manifest_that_is_not_complete_is_refused_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "iam-policies").mkdir()
    (tmp_path / "iam-policies" / "waivers.yaml").write_text(content, "utf-8")
    with pytest.raises(UsageError) as refused:
        read_waivers(tmp_path)
    assert said in refused.value.why
    assert "waivers.yaml:" in refused.value.why


def test_a_manifest_is_read_with_its_lines(tmp_path: Path) -> None:
    assert read_waivers(tmp_path) == ()
    (tmp_path / "iam-policies").mkdir()
    (tmp_path / "iam-policies" / "waivers.yaml").write_text(f"waivers:\n{ROW}", "utf-8")
    (row,) = read_waivers(tmp_path)
    assert (row.rule, row.where, row.expires, row.position.line) == ("SC1", ("a",), TODAY, 2)


def test_skips_are_found_with_their_resource(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    code = 'resource "aws_x" "y" {\n  #checkov:skip=CKV_AWS_1:because\n}\n'
    code += 'data "aws_z" "w" {\n  #checkov:skip=CKV_AWS_2\n}\n'
    (tmp_path / "m" / "main.tf").write_text(code, "utf-8")
    found = [(skip.rule, skip.where, skip.reason, skip.position.line) for skip in skips_in(tmp_path, ["m"])]
    assert found == [("CKV_AWS_1", "m aws_x.y", "because", 2), ("CKV_AWS_2", "m data.aws_z.w", "", 5)]


def test_that_many_processes_find_what_one_finds() -> None:
    contents = [ADMIN if number % 7 == 0 else HARMLESS for number in range(300)]
    policies = [text(f"p{number}.json", content) for number, content in enumerate(contents)]
    policies.append(PolicyText("broken.json", b"{"))

    alone, together = (lint(LintRequest(TODAY, policies=policies, processes=count)) for count in (1, 3))

    assert together == alone
    assert (together.policies, together.unreadable) == (300, 1)
    assert {finding.position.source for finding in together.findings} >= {"p0.json", "p294.json", "broken.json"}


class Deadly(bytes):
    """Who reads it ends at once, as a process does that the kernel kills."""

    def decode(self, *_: Any, **__: Any) -> NoReturn:
        os._exit(9)


def test_a_process_that_dies_is_an_error_of_the_whole_and_never_policies_without_findings() -> None:
    policies = [text(f"p{number}.json", HARMLESS) for number in range(300)]
    policies[7] = PolicyText("p7.json", Deadly(b"{}"))
    with pytest.raises(PreflightFailed, match="was killed") as failed:
        lint(LintRequest(TODAY, policies=policies, processes=2))
    assert "--jobs 1" in failed.value.hint
