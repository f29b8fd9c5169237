"""Every rule finds its bad cases and lets its good ones pass; a rule without cases fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.support.policy_cases import ACCOUNT, Case, cases_in, document_of, plan_of, world_of

from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.graph.world import IdentitySubject
from studyctl.domain.policy.plan_rules.registry import PLAN_RULES
from studyctl.domain.policy.plan_rules.subject import PlanSubject
from studyctl.domain.policy.problems import PolicyError, Position
from studyctl.domain.policy.rules.about_waivers import RULES as WAIVER_RULES
from studyctl.domain.policy.rules.registry import IDENTITY_RULES, POLICY_RULES, READING_RULES
from studyctl.domain.policy.rules.rule import BROKEN_RULE, Rule, ask
from studyctl.domain.policy.rules.subjects import PolicySubject, Unreadable
from studyctl.domain.policy.rules.table import ALL_RULES, rules_page
from studyctl.domain.policy.workflow_rules.registry import WORKFLOW_RULES
from studyctl.domain.policy.workflow_rules.subject import OwnerLine, Pipeline, PipelineFile

CASES = tuple(cases_in(Path(__file__).with_name("cases")))
MADE_ELSEWHERE = {BROKEN_RULE, *(rule.id for rule in WAIVER_RULES)}
"""Found by what asks the rules and by what applies waivers; test_waivers.py and test_asking.py have their cases."""


def asked(rules: Iterable[Rule[Any]], rule_id: str, subject: Any) -> tuple[Finding, ...]:
    (rule,) = (rule for rule in rules if rule.id == rule_id)
    return tuple(ask([rule], subject, "case"))


def owner_line(text: str) -> OwnerLine:
    pattern, *owners = text.split()
    return OwnerLine(pattern, tuple(owners), Position("CODEOWNERS"))


def found_by(case: Case) -> tuple[Finding, ...]:
    row = case.row
    if "text" in row:
        try:
            parse_policy(row["text"], "case.json")
        except PolicyError as error:
            return asked(READING_RULES, case.rule, Unreadable("case.json", error.problems))
        return ()
    if "workflow" in row:
        files = (PipelineFile("case.yml", row["workflow"], {}),)
        return asked(WORKFLOW_RULES, case.rule, Pipeline(files, tuple(map(owner_line, row.get("owners", ())))))
    if "plan" in row:
        return asked(PLAN_RULES, case.rule, PlanSubject(graph_of(plan_of(row["plan"]))))
    if any(rule.id == case.rule for rule in IDENTITY_RULES):
        return asked(IDENTITY_RULES, case.rule, IdentitySubject(*world_of(row)))
    document, kind = document_of(row)
    return asked(POLICY_RULES, case.rule, PolicySubject(document, kind, row.get("service", ""), "", ACCOUNT))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_judges_the_case_rightly(case: Case) -> None:
    findings = found_by(case)
    assert BROKEN_RULE not in {finding.rule for finding in findings}, findings[0].message
    if case.is_bad:
        assert [f for f in findings if case.row["says"] in f.message], [f.message for f in findings]
    else:
        assert [f.message for f in findings] == []


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: f"{rule.id} {rule.name}")
def test_every_rule_has_a_good_and_a_bad_case(rule: Rule[Any]) -> None:
    if rule.id not in MADE_ELSEWHERE:
        assert {case.is_bad for case in CASES if case.rule == rule.id} == {True, False}


def test_every_case_belongs_to_a_rule() -> None:
    assert {case.rule for case in CASES} <= {rule.id for rule in ALL_RULES}


def test_ids_and_names_are_used_once_and_rules_explain_themselves() -> None:
    for attribute in ("id", "name"):
        assert [name for name, count in Counter(getattr(r, attribute) for r in ALL_RULES).items() if count > 1] == []
    for rule in ALL_RULES:
        assert rule.source.startswith("https://"), rule.id
        assert rule.summary, rule.id
        assert rule.fix.endswith((".", ")", '"', "}")), rule.id
        assert f"[{rule.id}]({rule.source})" in rules_page()
