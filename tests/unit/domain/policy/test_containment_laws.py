"""The laws that containment obeys, whatever the policies."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.containment import ROLE, S3, SQS, TLS, account, request_of, when
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import (
    Authoriser,
    Document,
    Policies,
    Request,
    grants_of,
    is_contained,
    policies_contained,
)
from studyctl.domain.policy.request import Caller

ACTIONS = st.lists(
    st.sampled_from(["sqs:SendMessage", "sqs:*Message", "sqs:*", "sqs:Get*", "*", "s3:GetObject"]),
    min_size=1,
    max_size=2,
)
RESOURCES = st.lists(
    st.sampled_from(
        [
            "*",
            SQS,
            f"{SQS}*",
            "arn:aws:sqs:*:*:q*",
            "arn:aws:sqs:*:111122223333:${aws:username}",
            "arn:aws:s3:::${bucket}/*",
            S3,
        ]
    ),
    min_size=1,
    max_size=2,
)
CONDITIONS = st.sampled_from(
    [
        None,
        None,
        account("1"),
        account("1", "2"),
        when("StringNotEquals", "aws:SourceAccount", "1"),
        when("StringLike", "aws:PrincipalOrgID", "o-*"),
        when("StringEquals", "aws:SourceIdentity", "${aws:username}"),
        when("ForAllValues:StringEquals", "aws:TagKeys", "a"),
        when("ForAnyValue:StringLike", "aws:TagKeys", "a*"),
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        when("NumericLessThan", "s3:max-keys", "five"),
        TLS,
    ]
)


@st.composite
def statements(draw: st.DrawFn, *, may_deny: bool = True) -> dict[str, Any]:
    make = draw(st.sampled_from([allow, allow, deny])) if may_deny else allow
    other: dict[str, Any] = {}
    if draw(st.integers(0, 5)) == 0:
        other["NotAction"] = draw(ACTIONS)
    if draw(st.integers(0, 5)) == 0:
        other["NotResource"] = draw(RESOURCES)
    return make(draw(ACTIONS), draw(RESOURCES), draw(CONDITIONS), **other)


DOCUMENTS = st.lists(statements(), min_size=1, max_size=3).map(lambda found: policy(*found))
DENIES = st.lists(statements().map(lambda one: {**one, "Effect": "Deny"}), min_size=1, max_size=2).map(
    lambda found: policy(*found)
)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:sourceaccount": st.sampled_from([("1",), ("2",), ("3",)]),
        "aws:principalorgid": st.sampled_from([("o-1",), ("x",)]),
        "aws:sourceidentity": st.sampled_from([("queue",), ("bob",)]),
        "aws:username": st.sampled_from([("queue",), ("bob",)]),
        "aws:tagkeys": st.sampled_from([("a",), ("a", "b"), ("b",), ("ab",)]),
        "aws:sourceip": st.sampled_from([("10.1.2.3",), ("11.0.0.1",)]),
        "aws:securetransport": st.sampled_from([("true",), ("false",)]),
        "bucket": st.sampled_from([("bucket",), ("other",)]),
    },
)
REQUESTS = st.builds(
    request_of,
    st.sampled_from(["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "s3:GetObject", "iam:PassRole"]),
    st.sampled_from(
        ["*", SQS, f"{SQS}2", "arn:aws:sqs:us-east-1:1:q", "arn:aws:s3:::bucket/x", "arn:aws:s3:::other/x"]
    ),
    CONTEXTS,
)


@given(DOCUMENTS)
def test_containment_is_reflexive(document: Document) -> None:
    assert policies_contained([document], [document]).is_proven


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
@settings(max_examples=200)
def test_containment_is_transitive(first: Document, second: Document, third: Document) -> None:
    pairs = [([first], [first, second]), ([first, second], [second, third, first])]
    verdicts = [policies_contained(inner, outer) for inner, outer in pairs]
    if all(verdict.is_proven for verdict in verdicts):
        assert not policies_contained(pairs[0][0], pairs[1][1]).is_refuted
    if policies_contained([first], [second]).is_proven and policies_contained([second], [third]).is_proven:
        assert not policies_contained([first], [third]).is_refuted


@given(DOCUMENTS, DOCUMENTS, DENIES)
def test_a_deny_more_grants_no_more(inner: Document, outer: Document, denies: Document) -> None:
    assert policies_contained([inner, denies], [inner]).is_proven
    if policies_contained([inner], [outer]).is_proven:
        assert policies_contained([inner, denies], [outer]).is_proven
        assert policies_contained([inner, denies], [outer, denies]).is_proven


@given(DOCUMENTS, DOCUMENTS)
def test_what_is_added_holds_what_was(inner: Document, more: Document) -> None:
    allows = policy(*[{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}])
    assert policies_contained([inner], [inner, allows]).is_proven
    limits = grants_of([inner], boundary=[more])
    assert is_contained(limits, grants_of([inner])).is_proven
    assert is_contained(limits, limits).is_proven


@given(DOCUMENTS, DOCUMENTS, st.lists(REQUESTS, min_size=5, max_size=20))
@settings(max_examples=300)
def test_evaluator_and_containment_agree(inner: Document, outer: Document, requests: list[Request]) -> None:
    verdict = policies_contained([inner], [outer])
    small, large = Authoriser(Policies((inner,))), Authoriser(Policies((outer,)))
    if verdict.is_proven:
        for request in requests:
            assert not small.decide(request).is_allowed or large.decide(request).is_allowed, str(request)
    if verdict.is_refuted:
        assert verdict.witness is not None
        context = dict(verdict.witness.context)
        context.setdefault("bucket", ("${bucket}",))
        request = Request(Caller.of(ROLE), verdict.witness.action, verdict.witness.resource, context, "111122223333")
        assert grants_of([inner]).grants(request)
        assert not grants_of([outer]).grants(request)
