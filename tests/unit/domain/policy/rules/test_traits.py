"""A rule that is not asked would have found nothing: all rules, asked without a look at traits, are the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.policy_corpus import policies
from tests.support.policy_cases import ACCOUNT, Case, cases_in, document_of, world_of
from tests.support.policy_strategies import documents

from studyctl.domain.policy.documents import Document, PolicyKind
from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.grammar import parse_policy, parse_policy_value
from studyctl.domain.policy.graph import managed_policies
from studyctl.domain.policy.graph.world import Identity, IdentityKind, IdentitySubject, World
from studyctl.domain.policy.rules.asking import judge_identity, judge_policy
from studyctl.domain.policy.rules.registry import IDENTITY_RULES, POLICY_RULES
from studyctl.domain.policy.rules.rule import ask
from studyctl.domain.policy.rules.subjects import PolicySubject, guessed_kind, guessed_service

CASES = tuple(cases_in(Path(__file__).with_name("cases")))
DOCUMENT_CASES = [case for case in CASES if case.is_bad and case.rule in {rule.id for rule in POLICY_RULES}]
IDENTITY_CASES = [case for case in CASES if case.is_bad and case.rule in {rule.id for rule in IDENTITY_RULES}]


def holder_of(one: Document) -> IdentitySubject:
    return IdentitySubject(Identity("who", IdentityKind.DOCUMENT, "who", "", (one,)), World())


def assert_nothing_is_missed(subject: PolicySubject) -> None:
    holder = holder_of(subject.document)
    assert set(ask(POLICY_RULES, subject, subject.where)) == set(judge_policy(subject))
    assert set(ask(IDENTITY_RULES, holder, holder.where)) == set(judge_identity(holder))


@settings(max_examples=100, deadline=None)
@given(documents(), st.sampled_from(PolicyKind), st.sampled_from(["", "s3", "sqs", "kms", "execute-api"]))
def test_rules_without_their_traits_would_find_nothing(one: Document, kind: PolicyKind, service: str) -> None:
    assert_nothing_is_missed(PolicySubject(one, kind, service, "", ACCOUNT))


def corpus() -> Iterator[Document]:
    for content in list(managed_policies.everything().values())[::20]:
        yield parse_policy_value(content, "managed")
    for text in policies(150, seed=7):
        yield parse_policy(text, "made")


def test_nothing_is_missed_in_policies_as_people_write_them() -> None:
    for one in corpus():
        assert_nothing_is_missed(PolicySubject(one, guessed_kind(one), guessed_service(one)))


def rules_of(findings: Iterator[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


@pytest.mark.parametrize("case", DOCUMENT_CASES, ids=str)
def test_a_bad_document_has_the_traits_that_its_rule_needs(case: Case) -> None:
    one, kind = document_of(case.row)
    assert case.rule in rules_of(judge_policy(PolicySubject(one, kind, case.row.get("service", ""), "", ACCOUNT)))


@pytest.mark.parametrize("case", IDENTITY_CASES, ids=str)
def test_a_bad_identity_has_the_traits_that_its_rule_needs(case: Case) -> None:
    assert case.rule in rules_of(judge_identity(IdentitySubject(*world_of(case.row))))


@pytest.mark.parametrize("rule", (*POLICY_RULES, *IDENTITY_RULES), ids=lambda rule: rule.id)
def test_every_rule_needs_something_so_that_a_plain_policy_is_passed_by(rule: Any) -> None:
    assert rule.needs
