"""Containment: hand-written cases."""

# ruff: noqa: E501 - a table: one case, one line

from __future__ import annotations

from typing import Any

import pytest
from tests.support.containment import BUCKET, ROLE, S3, SQS, TLS, account, check_witness, when
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import (
    Document,
    Grants,
    Standing,
    grants_of,
    is_contained,
    policies_contained,
)

Proven, Refuted, Open = Standing.PROVEN, Standing.REFUTED, Standing.NOT_PROVEN
NO_TLS_NO_S3 = deny("s3:*", "*", TLS)

Statements = list[dict[str, Any]]
CASES: list[tuple[str, Statements, Statements, Standing]] = [
    # actions
    ("the same", [allow("s3:GetObject", S3)], [allow("s3:GetObject", S3)], Proven),
    ("in another case", [allow("S3:getobject", S3)], [allow("s3:GetObject", S3)], Proven),
    ("one of two", [allow("s3:GetObject", S3)], [allow(["s3:PutObject", "s3:GetObject"], S3)], Proven),
    ("two of one", [allow(["s3:PutObject", "s3:GetObject"], S3)], [allow("s3:GetObject", S3)], Refuted),
    ("a wildcard holds it", [allow("s3:GetObject", S3)], [allow("s3:Get*", S3)], Proven),
    ("it does not hold the wildcard", [allow("s3:Get*", S3)], [allow("s3:GetObject", S3)], Refuted),
    ("a question mark", [allow("sqs:SendMessage", SQS)], [allow("sqs:S?ndMessage", SQS)], Proven),
    ("a narrower wildcard", [allow("s3:GetObject*", S3)], [allow("s3:Get*", S3)], Proven),
    ("crossing wildcards", [allow("s3:*Object", S3)], [allow("s3:Get*", S3)], Refuted),
    ("all of a service", [allow("s3:*", S3)], [allow("s3:*", S3)], Proven),
    ("everything holds it", [allow("s3:*", S3)], [allow("*")], Proven),
    ("everything in two ways", [allow("*")], [allow("*:*")], Open),
    ("everything the other way", [allow("*:*")], [allow("*")], Proven),
    ("another service", [allow("s3:GetObject")], [allow("sqs:*")], Refuted),
    ("two statements together", [allow(["s3:GetObject", "s3:PutObject"], S3)], [allow("s3:GetObject", S3), allow("s3:PutObject", S3)], Proven),
    ("all actions of today", [allow("sqs:*", SQS)], [allow([f"sqs:{letter}*" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"], SQS)], Open),
    ("an action that does not exist", [allow("s3:Nonsense", S3)], [allow("s3:Get*", S3)], Refuted),
    ("a pattern of none that exist", [allow("s3:Nonsense*", S3)], [allow("s3:Get*", S3)], Open),
    ("actions listed twice", [allow(["s3:Get*", "s3:GetObject"], S3)], [allow("s3:Get*", S3)], Proven),
    ("NotAction in everything", [allow("", NotAction="iam:*")], [allow("*")], Proven),
    ("everything in NotAction", [allow("*")], [allow("", NotAction="iam:*")], Refuted),
    ("a service in NotAction of another", [allow("s3:*")], [allow("", NotAction="iam:*")], Proven),
    ("a service in NotAction of itself", [allow("iam:PassRole")], [allow("", NotAction="iam:*")], Refuted),
    ("more left out", [allow("", NotAction=["iam:*", "sts:*"])], [allow("", NotAction="iam:*")], Proven),
    ("less left out", [allow("", NotAction="iam:*")], [allow("", NotAction=["iam:*", "sts:*"])], Refuted),
    ("NotAction and the rest", [allow("*")], [allow("", NotAction="iam:*"), allow("iam:*")], Proven),
    ("NotAction that leaves out nothing it needs", [allow("", NotAction=["s3:*"])], [allow("", NotAction=["s3:GetObject"])], Proven),
    ("nothing at all", [allow([])], [allow("s3:GetObject", S3)], Proven),
    ("only denies", [deny("*")], [allow("s3:GetObject", S3)], Proven),
    # resources
    ("a resource in a pattern", [allow("s3:GetObject", "arn:aws:s3:::bucket/a/b")], [allow("s3:GetObject", S3)], Proven),
    ("a pattern in a resource", [allow("s3:GetObject", S3)], [allow("s3:GetObject", "arn:aws:s3:::bucket/a/b")], Refuted),
    ("a prefix", [allow("s3:GetObject", "arn:aws:s3:::bucket/raw/*")], [allow("s3:GetObject", S3)], Proven),
    ("another prefix", [allow("s3:GetObject", "arn:aws:s3:::bucket/raw/*")], [allow("s3:GetObject", "arn:aws:s3:::bucket/cooked/*")], Refuted),
    ("a longer bucket's name", [allow("s3:GetObject", "arn:aws:s3:::bucket*")], [allow("s3:GetObject", S3)], Refuted),
    ("the bucket is not its objects", [allow("s3:ListBucket", BUCKET)], [allow("s3:ListBucket", S3)], Refuted),
    ("bucket and objects by one star", [allow("s3:*", [BUCKET, S3])], [allow("s3:*", "arn:aws:s3:::bucket*")], Proven),
    ("every resource", [allow("s3:GetObject", S3)], [allow("s3:GetObject")], Proven),
    ("not every resource", [allow("s3:GetObject")], [allow("s3:GetObject", S3)], Refuted),
    ("all ARNs are not everything", [allow("ec2:DescribeInstances")], [allow("ec2:DescribeInstances", "arn:aws:ec2:*")], Refuted),
    ("any region", [allow("sqs:SendMessage", SQS)], [allow("sqs:SendMessage", "arn:aws:sqs:*:111122223333:queue")], Proven),
    ("any account", [allow("sqs:SendMessage", SQS)], [allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:*:queue")], Proven),
    ("another region", [allow("sqs:SendMessage", SQS)], [allow("sqs:SendMessage", "arn:aws:sqs:us-*:111122223333:queue")], Refuted),
    ("a region's middle", [allow("sqs:SendMessage", SQS)], [allow("sqs:SendMessage", "arn:aws:sqs:eu-*-1:111122223333:queue")], Proven),
    ("a star inside a segment stays there", [allow("sqs:SendMessage", "arn:aws:sqs:eu-*:111122223333:queue")], [allow("sqs:SendMessage", "arn:aws:sqs:eu-*st-1:111122223333:queue")], Refuted),
    ("log streams", [allow("logs:PutLogEvents", "arn:aws:logs:*:1:log-group:/a/b:log-stream:c")], [allow("logs:PutLogEvents", "arn:aws:logs:*:1:log-group:/a/*")], Proven),
    ("a union of resources", [allow("sqs:SendMessage", "arn:aws:sqs:*:1:q?")], [allow("sqs:SendMessage", ["arn:aws:sqs:*:1:q*", "arn:aws:sqs:*:1:x"])], Proven),
    ("a union that is not enough", [allow("sqs:SendMessage", "arn:aws:sqs:*:1:q*")], [allow("sqs:SendMessage", ["arn:aws:sqs:*:1:qa*", "arn:aws:sqs:*:1:q"])], Refuted),
    ("a union of two patterns", [allow("s3:GetObject", "arn:aws:s3:::b/*")], [allow("s3:GetObject", ["arn:aws:s3:::b/?*", "arn:aws:s3:::b/"])], Proven),
    ("NotResource in everything", [allow("s3:*", NotResource=S3)], [allow("s3:*")], Proven),
    ("everything in NotResource", [allow("s3:GetObject")], [allow("s3:GetObject", NotResource=S3)], Refuted),
    ("another bucket in NotResource", [allow("s3:GetObject", "arn:aws:s3:::other/*")], [allow("s3:GetObject", NotResource=S3)], Proven),
    ("NotResource and the rest", [allow("s3:GetObject")], [allow("s3:GetObject", NotResource=S3), allow("s3:*", S3)], Proven),
    ("NotResource of more", [allow("s3:*", NotResource=[S3, BUCKET])], [allow("s3:*", NotResource=S3)], Proven),
    ("an escaped star", [allow("s3:GetObject", "arn:aws:s3:::b/${*}")], [allow("s3:GetObject", "arn:aws:s3:::b/?")], Proven),
    ("resource by resource with actions", [allow(["s3:GetObject", "s3:PutObject"], S3)], [allow("s3:GetObject", S3), allow("s3:PutObject", "arn:aws:s3:::bucket/in/*")], Refuted),
    ("actions and resources in a grid", [allow(["sqs:SendMessage", "sqs:ReceiveMessage"], [SQS, f"{SQS}2"])], [allow("sqs:SendMessage", f"{SQS}*"), allow("sqs:ReceiveMessage", SQS), allow("sqs:Rec*", f"{SQS}2")], Proven),
    ("a hole in the grid", [allow(["sqs:SendMessage", "sqs:ReceiveMessage"], [SQS, f"{SQS}2"])], [allow("sqs:SendMessage", f"{SQS}*"), allow("sqs:ReceiveMessage", SQS)], Refuted),
    # denies
    ("with a deny in itself", [allow("*"), deny("iam:*")], [allow("*"), deny("iam:*")], Proven),
    ("with a deny in without", [allow("*"), deny("iam:*")], [allow("*")], Proven),
    ("without in with", [allow("*")], [allow("*"), deny("iam:*")], Refuted),
    ("a deny as NotAction", [allow("*"), deny("iam:*")], [allow("", NotAction="iam:*")], Proven),
    ("NotAction as a deny", [allow("", NotAction="iam:*")], [allow("*"), deny("iam:*")], Proven),
    ("a deny that misses", [allow("s3:GetObject", S3)], [allow("s3:*"), deny("s3:*", "arn:aws:s3:::other/*")], Proven),
    ("a deny that hits", [allow("s3:GetObject", S3)], [allow("s3:*"), deny("s3:*", "arn:aws:s3:::bucket/secret/*")], Refuted),
    ("both deny it", [allow("s3:GetObject", S3), deny("s3:*", "arn:aws:s3:::bucket/s*")], [allow("s3:*"), deny("s3:*", "arn:aws:s3:::bucket/secret/*")], Proven),
    ("a deny of all else", [allow("s3:*"), deny("s3:*", NotResource=S3)], [allow("s3:*", S3)], Proven),
    ("a deny of all else, another", [allow("s3:*"), deny("s3:*", NotResource=S3)], [allow("s3:*", BUCKET)], Refuted),
    ("a deny that removes all", [allow("s3:*"), deny("*")], [allow("sqs:SendMessage", SQS)], Proven),
    ("only over TLS", [allow("s3:GetObject", S3), NO_TLS_NO_S3], [allow("s3:GetObject", S3), NO_TLS_NO_S3], Proven),
    ("only over TLS, in whatever", [allow("s3:GetObject", S3), NO_TLS_NO_S3], [allow("s3:GetObject", S3)], Proven),
    ("whatever, in only over TLS", [allow("s3:GetObject", S3)], [allow("s3:GetObject", S3), NO_TLS_NO_S3], Refuted),
    ("allowed over TLS, in denied without", [allow("s3:GetObject", S3, {"Bool": {"aws:SecureTransport": "true"}})], [allow("s3:GetObject", S3), NO_TLS_NO_S3], Proven),
    # conditions
    ("a condition more", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS)], Proven),
    ("a condition less", [allow("sqs:*", SQS)], [allow("sqs:*", SQS, account("1"))], Refuted),
    ("fewer values", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS, account("1", "2"))], Proven),
    ("more values", [allow("sqs:*", SQS, account("1", "2"))], [allow("sqs:*", SQS, account("1"))], Refuted),
    ("values by two statements", [allow("sqs:*", SQS, account("1", "2"))], [allow("sqs:*", SQS, account("1")), allow("sqs:*", SQS, account("2"))], Proven),
    ("a value or not", [allow("sqs:*", SQS)], [allow("sqs:*", SQS, account("1")), allow("sqs:*", SQS, when("StringNotEquals", "aws:SourceAccount", "1"))], Proven),
    ("there or not", [allow("sqs:*", SQS)], [allow("sqs:*", SQS, {"Null": {"aws:SourceAccount": "true"}}), allow("sqs:*", SQS, {"Null": {"aws:SourceAccount": "false"}})], Proven),
    ("IfExists is wider", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS, when("StringEqualsIfExists", "aws:SourceAccount", "1"))], Proven),
    ("IfExists is not narrower", [allow("sqs:*", SQS, when("StringEqualsIfExists", "aws:SourceAccount", "1"))], [allow("sqs:*", SQS, account("1"))], Refuted),
    ("equal is like", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS, when("StringLike", "aws:SourceAccount", "*"))], Proven),
    ("like is not equal", [allow("sqs:*", SQS, when("StringLike", "aws:SourceAccount", "1*"))], [allow("sqs:*", SQS, account("1"))], Refuted),
    ("an ARN pattern", [allow("sqs:*", SQS, when("ArnEquals", "aws:SourceArn", "arn:aws:sns:eu-west-1:1:t"))], [allow("sqs:*", SQS, when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:1:*"))], Proven),
    ("an ARN of another account", [allow("sqs:*", SQS, when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t"))], [allow("sqs:*", SQS, when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:1:*"))], Refuted),
    ("another key", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS, when("StringEquals", "aws:PrincipalOrgID", "o-1"))], Refuted),
    ("two keys in one", [allow("sqs:*", SQS, {"StringEquals": {"aws:SourceAccount": "1", "aws:PrincipalOrgID": "o-1"}})], [allow("sqs:*", SQS, account("1"))], Proven),
    ("one key in two", [allow("sqs:*", SQS, account("1"))], [allow("sqs:*", SQS, {"StringEquals": {"aws:SourceAccount": "1", "aws:PrincipalOrgID": "o-1"}})], Refuted),
    ("a smaller network", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.1.0.0/16"))], [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))], Proven),
    ("a larger network", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))], [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.1.0.0/16"))], Refuted),
    ("two halves of a network", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))], [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.0/9")), allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.128.0.0/9"))], Proven),
    ("a denied network", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))], [allow("s3:*", S3), deny("s3:*", "*", when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "192.168.0.0/16"))], Proven),
    ("fewer keys at once", [allow("s3:ListBucket", BUCKET, when("NumericLessThan", "s3:max-keys", "10"))], [allow("s3:ListBucket", BUCKET, when("NumericLessThanEquals", "s3:max-keys", "10"))], Proven),
    ("more keys at once", [allow("s3:ListBucket", BUCKET, when("NumericLessThanEquals", "s3:max-keys", "10"))], [allow("s3:ListBucket", BUCKET, when("NumericLessThan", "s3:max-keys", "10"))], Refuted),
    ("an earlier end", [allow("s3:*", S3, when("DateLessThan", "aws:CurrentTime", "2026-01-01"))], [allow("s3:*", S3, when("DateLessThan", "aws:CurrentTime", "2027-01-01"))], Proven),
    ("a later end", [allow("s3:*", S3, when("DateLessThan", "aws:CurrentTime", "2027-01-01"))], [allow("s3:*", S3, when("DateLessThan", "aws:CurrentTime", "2026-01-01"))], Refuted),
    ("fewer tags", [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a"))], [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b"))], Proven),
    ("more tags", [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a", "b"))], [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a"))], Refuted),
    ("every is not some", [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a"))], [allow("ec2:CreateTags", "*", when("ForAnyValue:StringEquals", "aws:TagKeys", "a"))], Refuted),
    ("some is not every", [allow("ec2:CreateTags", "*", when("ForAnyValue:StringEquals", "aws:TagKeys", "a"))], [allow("ec2:CreateTags", "*", when("ForAllValues:StringEquals", "aws:TagKeys", "a"))], Refuted),
    ("a tag with its value", [allow("sqs:TagQueue", SQS, when("StringEquals", "aws:RequestTag/env", "dev"))], [allow("sqs:TagQueue", SQS, when("StringLike", "aws:RequestTag/env", "d*"))], Proven),
    ("another tag", [allow("sqs:TagQueue", SQS, when("StringEquals", "aws:RequestTag/env", "dev"))], [allow("sqs:TagQueue", SQS, when("StringEquals", "aws:RequestTag/team", "dev"))], Refuted),
    ("passed to one service", [allow("iam:PassRole", ROLE, when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"))], [allow("iam:PassRole", ROLE, when("StringLike", "iam:PassedToService", "ecs*.amazonaws.com"))], Proven),
    ("passed to any service", [allow("iam:PassRole", ROLE)], [allow("iam:PassRole", ROLE, when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"))], Refuted),
    ("conditions that exclude each other", [allow("sqs:*", SQS, {"StringEquals": {"aws:SourceAccount": "1"}, "StringLike": {"aws:SourceAccount": "2*"}})], [allow("s3:GetObject", S3)], Proven),
    ("a value that means nothing, twice", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "home"))], [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "home"))], Proven),
    ("a value that means nothing", [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.1"))], [allow("s3:*", S3, when("IpAddress", "aws:SourceIp", "10.0.0.1", "home"))], Open),
    ("different ways to compare", [allow("s3:*", S3, when("StringEquals", "s3:max-keys", "5"))], [allow("s3:*", S3, when("NumericEquals", "s3:max-keys", "5"))], Open),
    ("case does not matter outside", [allow("s3:*", S3, when("StringEquals", "aws:SourceIdentity", "Bob"))], [allow("s3:*", S3, when("StringEqualsIgnoreCase", "aws:SourceIdentity", "BOB"))], Proven),
    ("case matters inside", [allow("s3:*", S3, when("StringEqualsIgnoreCase", "aws:SourceIdentity", "BOB"))], [allow("s3:*", S3, when("StringEquals", "aws:SourceIdentity", "Bob"))], Refuted),
    # variables
    ("one's own folder", [allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*")], [allow("s3:*", S3)], Proven),
    ("one's own folder in itself", [allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*")], [allow("s3:*", "arn:aws:s3:::bucket/${aws:UserName}/*")], Proven),
    ("every folder in one's own", [allow("s3:GetObject", S3)], [allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*")], Refuted),
    ("one variable in another", [allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*")], [allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:userid}/*")], Open),
    ("a variable in a name", [allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*")], [allow("s3:GetObject", "arn:aws:s3:::bucket/bob/*")], Refuted),
    ("not one's own, and one's own", [allow("s3:GetObject")], [allow("s3:GetObject", NotResource="arn:aws:s3:::b/${aws:username}/*"), allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*")], Open),
    ("the variable as value", [allow("s3:*", S3, when("StringEquals", "s3:ExistingObjectTag/owner", "${aws:username}"))], [allow("s3:*", S3, when("StringLike", "s3:ExistingObjectTag/owner", "*"))], Proven),
    ("an unknown name in itself", [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], Proven),
    ("an unknown name in everything", [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], [allow("s3:GetObject")], Proven),
    ("an unknown name in a prefix of it", [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/in/*")], [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], Proven),
    ("an unknown name in a known one", [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], [allow("s3:GetObject", S3)], Open),
    ("an unknown name and another action", [allow("s3:GetObject", "${aws_s3_bucket.raw.arn}/*")], [allow("s3:PutObject", "${aws_s3_bucket.raw.arn}/*")], Refuted),
    ("an unknown name that may be denied", [allow("s3:GetObject", S3)], [allow("s3:GetObject", S3), deny("s3:*", "${aws_s3_bucket.raw.arn}/*")], Open),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "outer", "standing"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_cases(inner: Statements, outer: Statements, standing: Standing) -> None:
    small, large = policy(*inner, source="inner.json"), policy(*outer, source="outer.json")
    verdict = policies_contained([small], [large])
    assert verdict.standing is standing, str(verdict)
    check_witness(verdict, grants_of([small]), grants_of([large]))


def test_there_are_enough_cases_of_each_kind() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) >= 100
    for standing in Standing:
        assert sum(case[3] is standing for case in CASES) >= 8


def test_a_witness_is_an_ordinary_request() -> None:
    verdict = policies_contained([policy(allow("s3:*"))], [policy(allow("s3:*"), deny("s3:DeleteBucket", BUCKET))])
    assert str(verdict) == "refuted: s3:DeleteBucket on arn:aws:s3:::bucket, allowed by statement 1 (policy.json)"
    assert verdict.witness is not None
    assert verdict.witness.is_typical
    verdict = policies_contained([policy(allow("s3:GetObject", BUCKET))], [policy(allow("s3:GetObject", S3))])
    assert verdict.witness is not None
    assert not verdict.witness.is_typical, "no object has the ARN of a bucket"


def test_a_witness_of_many_actions_is_one_that_works_on_the_resource() -> None:
    """s3:Get* begins with forty actions on buckets, and no bucket has a slash in its name."""
    verdict = policies_contained([policy(allow("s3:Get*", S3))], [policy(allow("s3:GetObject", S3))])
    assert verdict.witness is not None
    assert verdict.witness.action.startswith("s3:GetObject"), str(verdict)


# what limits a principal


def limited(*identity: dict[str, Any], **limits: Any) -> Grants:
    return grants_of([policy(*identity)], **limits)


def one(*statements: dict[str, Any]) -> list[Document]:
    return [policy(*statements)]


LIMITS: list[tuple[str, Grants, Grants, Standing]] = [
    ("a boundary narrows", limited(allow("*"), boundary=one(allow("s3:*"))), limited(allow("s3:*")), Proven),
    ("a boundary in its identity", limited(allow("*"), boundary=one(allow("s3:*"))), limited(allow("*")), Proven),
    ("identity in its boundary", limited(allow("*")), limited(allow("*"), boundary=one(allow("s3:*"))), Refuted),
    ("a boundary that allows all of it", limited(allow("s3:GetObject", S3)), limited(allow("s3:*"), boundary=one(allow("s3:*", S3))), Proven),
    ("a boundary that denies", limited(allow("*"), boundary=one(allow("*"), deny("iam:*"))), limited(allow("", NotAction="iam:*")), Proven),
    ("boundary and identity cross", limited(allow("s3:Get*"), boundary=one(allow("s3:*Object", S3))), limited(allow("s3:Get*Object", S3)), Proven),
    ("boundary and identity miss", limited(allow("s3:*"), boundary=one(allow("sqs:*"))), limited(allow("ec2:RunInstances")), Proven),
    ("session, boundary and identity", limited(allow("*"), boundary=one(allow("s3:*")), session=one(allow("*", S3))), limited(allow("s3:*", S3)), Proven),
    ("a level of the organisation", limited(allow("*"), service_control=[one(allow("*")), one(allow("s3:*"))]), limited(allow("s3:*")), Proven),
    ("an organisation that denies regions", limited(allow("*"), service_control=[one(allow("*"), deny("*", "*", when("StringNotEquals", "aws:RequestedRegion", "eu-west-1")))]), limited(allow("*", "*", when("StringEquals", "aws:RequestedRegion", "eu-west-1"))), Proven),
    ("the same without it", limited(allow("*")), limited(allow("*", "*", when("StringEquals", "aws:RequestedRegion", "eu-west-1"))), Refuted),
    ("an empty boundary", limited(allow("*"), boundary=[]), limited(allow("ec2:RunInstances")), Proven),
]  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "outer", "standing"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS]
)
def test_what_limits_a_principal(inner: Grants, outer: Grants, standing: Standing) -> None:
    verdict = is_contained(inner, outer)
    assert verdict.standing is standing, str(verdict)
    check_witness(verdict, inner, outer)


# resource policies: principals are a dimension too

ACCOUNT = "arn:aws:iam::111122223333:root"
SESSION = "arn:aws:sts::111122223333:assumed-role/worker/one"
PRINCIPALS: list[tuple[str, Any, Any, Standing]] = [
    ("everyone", {"AWS": ROLE}, "*", Proven),
    ("not everyone", "*", {"AWS": ROLE}, Refuted),
    ("everyone in two ways", "*", {"AWS": "*"}, Proven),
    ("an account holds its role", {"AWS": ROLE}, {"AWS": ACCOUNT}, Proven),
    ("by its number too", {"AWS": ROLE}, {"AWS": "111122223333"}, Proven),
    ("a role is not its account", {"AWS": ACCOUNT}, {"AWS": ROLE}, Refuted),
    ("another account", {"AWS": ROLE}, {"AWS": "444455556666"}, Refuted),
    ("a role holds its session", {"AWS": SESSION}, {"AWS": ROLE}, Proven),
    ("a session is not its role", {"AWS": ROLE}, {"AWS": SESSION}, Refuted),
    ("a service", {"Service": "sns.amazonaws.com"}, {"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}, Proven),
    ("another service", {"Service": "sns.amazonaws.com"}, {"Service": "s3.amazonaws.com"}, Refuted),
    ("a service is in no account", {"Service": "sns.amazonaws.com"}, {"AWS": ACCOUNT}, Refuted),
]


@pytest.mark.parametrize(
    ("inner", "outer", "standing"), [case[1:] for case in PRINCIPALS], ids=[c[0] for c in PRINCIPALS]
)
def test_principals(inner: Any, outer: Any, standing: Standing) -> None:
    small = policy(allow("sqs:SendMessage", SQS, Principal=inner))
    large = policy(allow("sqs:*", SQS, Principal=outer))
    verdict = policies_contained([small], [large])
    assert verdict.standing is standing, str(verdict)
    assert (verdict.witness is not None and bool(verdict.witness.principal)) is (standing is Refuted)


def test_all_but_some_principals() -> None:
    everyone = policy(allow("sqs:*", SQS, Principal="*"))
    others = policy(allow("sqs:*", SQS, Principal=None, NotPrincipal={"AWS": ROLE}))
    role = policy(allow("sqs:*", SQS, Principal={"AWS": ROLE}))
    assert policies_contained([others], [everyone]).is_proven
    assert policies_contained([everyone], [others]).is_refuted
    assert policies_contained([everyone], [others, role]).is_proven
    spared = policy(deny("sqs:*", SQS, Principal=None, NotPrincipal={"AWS": [ROLE, ACCOUNT]}))
    assert policies_contained([everyone, spared], [role]).standing is not Refuted
    unspared = policy(deny("sqs:*", SQS, Principal=None, NotPrincipal={"AWS": ROLE}))
    assert policies_contained([everyone, unspared], [policy(deny("*"))]).is_proven
