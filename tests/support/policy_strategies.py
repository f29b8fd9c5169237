"""Policies of all shapes, odd ones before ordinary ones, for properties that hold for whatever can be written."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.support.policy_cases import document

from studyctl.domain.policy.documents import Document

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
