"""A rule that is not asked would have found nothing: all rules, asked without a look at traits, are the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.policy_corpus import policies
from tests.support.policy_cases import ACCOUNT, Case, cases_in, document, document_of, world_of

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

ACTIONS = st.sampled_from(
    [
        *("s3:GetObject", "s3:getobject", "s3:Get*", "s3:*", "s3:?etObject", "s3:GetObjec", "s3:PutBucketPolicy"),
        *("s3:ListAllMyBuckets", "s3:CreateBucket", "*", "*:*", "*:Get*", "nosuch:Thing", "iam:PassRole", "iam:Pass*"),
        *("iam:CreateAccessKey", "iam:Put*", "iam:CreatePolicyVersion", "sts:AssumeRole", "sts:GetFederationToken"),
        *("kms:Decrypt", "kms:ReEncrypt*", "kms:*", "dynamodb:GetItem", "dynamodb:*Item", "dynamodb:Query"),
        *("lambda:UpdateFunctionCode", "lambda:CreateFunction", "lambda:InvokeFunction", "ec2:RunInstances"),
        *("ec2:Describe*", "ec2:ModifyInstanceAttribute", "secretsmanager:GetSecretValue", "ssm:GetParameter*"),
        *("sqs:SendMessage", "sqs:ReceiveMessage", "logs:DescribeLogGroups", "glue:GetDataCatalog", "rds-db:connect"),
        *("apprunner:*", "organizations:*", "sts:*", "gamelift:RequestUploadCredentials", "iam:*Boundary"),
    ]
)
RESOURCES = st.sampled_from(
    [
        *(
            "*",
            "**",
            "arn:aws:s3:::orders",
            "arn:aws:s3:::orders/*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::*/*",
            "arn:aws:s3*",
        ),
        *(
            "arn:*",
            "arn:aws:*:*:*:*",
            "arn:aws:s3:::s*",
            "arn:aws:s3:::some-other-name/x",
            "arn:aws:s3:::${aws:username}/*",
        ),
        *("arn:aws:iam::111122223333:role/worker", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/s*"),
        *("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::111122223333:user/${aws:username}"),
        *("arn:aws:dynamodb:us-east-1:111122223333:table/orders", "arn:aws:dynamodb:*:*:table/*"),
        *("arn:aws:dynamodb:us-east-1:111122223333:table/orders/index/*", "arn:aws:dynamodb:us-east-1:1:table/x"),
        *(
            "arn:aws:lambda:*:function:*",
            "arn:aws:lambda:*:function:s*",
            "arn:aws:lambda:us-east-1:111122223333:function:a",
        ),
        *(
            "arn:aws:lambda:us-east-1:111122223333:function:some-other-name",
            "arn:aws:lambda:*:*:function:some-other-n?me",
        ),
        *("arn:aws:kms:us-east-1:111122223333:key/*", "arn:aws:kms:us-east-1:111122223333:(aws_kms_key.main)"),
        *(
            "arn:aws:sqs:us-east-1:111122223333:orders",
            "arn:nowhere:sqs:us-east-1:111122223333:orders",
            "orders",
            "arn:aws:s3",
        ),
        *(
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:secretsmanager:*:111122223333:secret:*",
            "arn:aws:sqs:us-east-1:12:orders",
        ),
        *("arn:aws:s3:::", "arn:aws:logs:*:*:log-group:*:log-stream:*", "arn:a*s:s3:::orders", "arn:aws:iam::*:*"),
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "aws:SourceAccount",
            "aws:sourcearn",
            "aws:PrincipalOrgID",
            "aws:TagKeys",
            "aws:SecureTransport",
            "aws:SourceIp",
        ),
        *("s3:prefix", "kms:ViaService", "dynamodb:LeadingKeys", "nosuch:Key", "aws:NoSuchKey", "aws:CurrentTime"),
        *("token.actions.githubusercontent.com:sub", "sts:ExternalId", "iam:PassedToService", "aws:ResourceTag/Team"),
    ]
)
OPERATORS = st.sampled_from(
    [
        *("StringEquals", "StringLike", "StringNotEquals", "ArnLike", "Bool", "Null", "IpAddress", "NotIpAddress"),
        *("NumericLessThan", "DateGreaterThan", "ForAllValues:StringEquals", "ForAnyValue:StringLike", "BinaryEquals"),
        *("StringEqualsIfExists", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotEquals"),
    ]
)
VALUES = st.sampled_from(
    [
        "111122223333",
        "true",
        "false",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "x*",
        "*",
        "arn:aws:s3:::orders",
        "2030-01-01T00:00:00Z",
    ]
)
PRINCIPALS = st.sampled_from(
    [
        *("*", {"AWS": "*"}, {"AWS": "arn:aws:iam::999922223333:root"}, {"Service": "lambda.amazonaws.com"}),
        *({"Service": "sns.amazonaws.com"}, {"Federated": "cognito-identity.amazonaws.com"}, {"CanonicalUser": "abc"}),
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/a"]},
    ]
)


def one_or_more(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str | list[str]]:
    return st.one_of(texts, st.lists(texts, min_size=1, max_size=3))


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "Action", "NotAction"]))] = draw(one_or_more(ACTIONS))
    element = draw(st.sampled_from(["Resource", "Resource", "Resource", "Resource", "NotResource", ""]))
    if element:
        made[element] = draw(one_or_more(RESOURCES))
    element = draw(st.sampled_from(["", "", "", "Principal", "NotPrincipal"]))
    if element:
        made[element] = draw(PRINCIPALS)
    if draw(st.booleans()):
        keys = st.dictionaries(KEYS, one_or_more(VALUES), min_size=1, max_size=2)
        made["Condition"] = draw(st.dictionaries(OPERATORS, keys, min_size=1, max_size=2))
    return made


@st.composite
def documents(draw: st.DrawFn) -> Document:
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]))
    return document(draw(st.lists(statements(), min_size=1, max_size=4)), version)


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
