"""What somebody made to stop the linter, or to slip through it: bounded work, counted in steps, and never a pass."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from tests.support.policies import allow, deny
from tests.support.policy_cases import plan_of

from studyctl.domain.policy.inclusion import EFFORT
from studyctl.domain.policy.json_text import MAX_CHARACTERS
from studyctl.usecases.lint import LintRequest, PlanDocument, Report, lint
from studyctl.usecases.lint_policies import PolicyText

TODAY = datetime.date(2027, 1, 1)
MOST_STEPS = 40_000_000
"""Of comparing patterns, in one document; ordinary ones take a few thousand."""
HARMLESS = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


def judged(content: bytes) -> Report:
    return lint(LintRequest(TODAY, policies=[PolicyText("p.json", content)]))


def text(*statements: dict[str, Any]) -> bytes:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode()


BROKEN = {
    "byte order mark": (b"\xef\xbb\xbf" + HARMLESS.encode(), "byte order mark"),
    "bad UTF-8": (HARMLESS.replace("s3:", "s3:\xff").encode("latin-1"), "not UTF-8"),
    "UTF-16": (HARMLESS.encode("utf-16"), "not UTF-8"),
    "comments": (b"// why\n" + HARMLESS.encode(), "comments are not JSON"),
    "comments inside": (HARMLESS.replace("[", "[ /* why */ ", 1).encode(), "comments are not JSON"),
    "a key twice": (HARMLESS.replace('"Effect"', '"Effect": "Deny", "Effect"').encode(), "comes twice"),
    "deep nesting": (b'{"Statement": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nest deeper"),
    "ten megabytes": (HARMLESS.encode() + b" " * 10_000_000, f"{MAX_CHARACTERS:,} is the most"),
    "half a surrogate": (HARMLESS.replace("s3:", "\\ud800").encode(), "surrogate"),
    "a trailing comma": (HARMLESS.replace("}]}", "},]}").encode(), "follows a comma"),
    "two values": ((HARMLESS + HARMLESS).encode(), "the end of the text"),
}


@pytest.mark.parametrize(("content", "says"), BROKEN.values(), ids=BROKEN)
def test_what_readers_may_disagree_about_is_one_clear_finding(content: bytes, says: str) -> None:
    report = judged(content)
    assert [finding.rule for finding in report.findings] == ["SC001"]
    assert says in report.findings[0].message
    assert not report.findings[0].is_proven
    assert (report.policies, report.unreadable) == (0, 1)


HARD = {
    "stars between letters": [allow("s3:" + "*a" * 100, "arn:aws:s3:::" + "a*" * 200)],
    "stars on both sides": [
        allow("s3:" + "*a" * 60, "arn:aws:s3:::" + "*a*b" * 100),
        allow("s3:" + "a*" * 60, "arn:aws:s3:::" + "*b*a" * 100),
        deny("s3:" + "*a*b" * 30, "arn:aws:s3:::" + "*b" * 100),
    ],
    "question marks": [allow("s3:*", ["arn:aws:s3:::" + "?" * count + "*" for count in range(200)])],
    "values": [allow("s3:*", "*", {"StringLike": {"aws:SourceIdentity": ["*a" * 50, "a*" * 50, "*b*" * 40]}})],
    "segments": [allow("*", ":".join(["arn", "*a*a*", "*b*b*", "*", "*?*", "*a" * 50]))],
    "many denies": [
        allow("*"),
        *(deny("", NotAction=f"s3:*{index}*", NotResource=f"arn:*{index}*") for index in range(20)),
    ],
}


@pytest.mark.parametrize("statements", HARD.values(), ids=HARD)
def test_patterns_that_were_made_to_be_hard_are_judged_in_bounded_steps(statements: list[dict[str, Any]]) -> None:
    before = EFFORT.steps
    report = judged(text(*statements))
    assert EFFORT.steps - before < MOST_STEPS
    assert report.findings
    assert "SC901" not in {finding.rule for finding in report.findings}


def test_five_thousand_statements_are_judged_one_by_one() -> None:
    before = EFFORT.steps
    report = judged(text(*(allow("s3:GetObject", f"arn:aws:s3:::b{index}/a/*") for index in range(5_000))))
    assert EFFORT.steps - before < MOST_STEPS
    assert {finding.rule for finding in report.findings} == {"SC011"}, "it is too large for AWS, and harmless else"


def test_roles_that_assume_one_another_end() -> None:
    roles: dict[str, Any] = {}
    for number in range(6):
        own, next_ = (f"arn:aws:iam::123456789012:role/r{index % 6}" for index in (number, number + 1))
        trust = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": next_}}]
        policy = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": next_}]
        roles[f"aws_iam_role.r{number}"] = {"name": f"r{number}", "arn": own, "assume_role_policy": trust}
        roles[f"aws_iam_role_policy.r{number}"] = {"role": f"r{number}", "policy": policy}
    report = lint(LintRequest(TODAY, plans=[PlanDocument("p", plan_of(roles))]))
    assert report.identities == 6
    assert "SC901" not in {finding.rule for finding in report.findings}


def test_a_document_that_is_made_of_itself_is_a_finding() -> None:
    made = {
        "data.aws_iam_policy_document.a": {
            "$unknown": {"json": True, "source_policy_documents": [True]},
            "$refers": {"source_policy_documents": ["data.aws_iam_policy_document.a.json"]},
        },
        "aws_iam_policy.a": {
            "name": "a",
            "$unknown": {"policy": True},
            "$refers": {"policy": ["data.aws_iam_policy_document.a.json"]},
        },
    }
    report = lint(LintRequest(TODAY, plans=[PlanDocument("p", plan_of(made))]))
    assert "SC001" in {finding.rule for finding in report.findings}
