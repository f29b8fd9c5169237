"""What a request needs of IAM, read from its operation and parameters."""

# ruff: noqa: E501 - a table: one case, one line
from __future__ import annotations

from typing import Any

import pytest

from studyctl.adapters.emulator.authorised import Need, needs_of

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/study-dev-api-task"


def needs(service: str, operation: str, **params: Any) -> set[tuple[str, str]]:
    return {(need.action, need.resource) for need in needs_of(service, REGION, ACCOUNT, operation, params)}


@pytest.mark.parametrize(
    ("service", "operation", "params", "action", "resource"),
    [
        ("s3", "PutObject", {"Bucket": "b", "Key": "k/1"}, "s3:PutObject", "arn:aws:s3:::b/k/1"),
        ("s3", "HeadBucket", {"Bucket": "b"}, "s3:ListBucket", "arn:aws:s3:::b"),
        ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, "s3:PutObject", "arn:aws:s3:::b/k"),
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://h/1/q"}, "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
        ("monitoring", "PutMetricAlarm", {"AlarmName": "a"}, "cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a"),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "1"}, "kms:CreateAlias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/a"),
        ("budgets", "CreateBudget", {"Budget": {"BudgetName": "m"}}, "budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/m"),
        ("ssm", "PutParameter", {"Name": "/a/b"}, "ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/b"),
        ("sns", "Publish", {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t"}, "sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:t"),
        ("ec2", "DescribeVpcs", {}, "ec2:DescribeVpcs", "*"),
        ("rds", "DescribeDBInstances", {}, "rds:DescribeDBInstances", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:*"),
        ("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "d"}, "rds:DescribeDBInstances", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:d"),
        ("cloudfront", "CreateDistributionWithTags", {}, "cloudfront:TagResource", f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"),
        ("logs", "PutDeliverySource", {"name": "a"}, "logs:PutDeliverySource", f"arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:a"),
        ("application-autoscaling", "RegisterScalableTarget", {"ResourceId": "service/c/s"}, "application-autoscaling:RegisterScalableTarget", f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/*"),
        ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, "ec2:CreateVpc", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/*"),
    ],
)  # fmt: skip
def test_action_and_resource(service: str, operation: str, params: dict[str, Any], action: str, resource: str) -> None:
    assert (action, resource) in needs(service, operation, **params)


@pytest.mark.parametrize(
    ("service", "operation", "params", "resource"),
    [
        ("route53", "ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1"}, "arn:aws:route53:::hostedzone/Z1"),
        ("rds", "CreateDBInstanceReadReplica", {"DBInstanceIdentifier": "r", "SourceDBInstanceIdentifier": "p"}, f"arn:aws:rds:{REGION}:{ACCOUNT}:db:r"),
    ],
)  # fmt: skip
def test_a_type_that_the_request_is_not_about_is_not_asked(
    service: str, operation: str, params: dict[str, Any], resource: str
) -> None:
    assert needs(service, operation, **params) == {(f"{service}:{operation}", resource)}


@pytest.mark.parametrize(
    ("operation", "params", "actions"),
    [
        ("DeleteObject", {"Key": "k"}, {"s3:DeleteObject"}),
        ("DeleteObject", {"Key": "k", "VersionId": "1"}, {"s3:DeleteObjectVersion"}),
        ("GetObject", {"Key": "k", "VersionId": "1"}, {"s3:GetObjectVersion"}),
        ("HeadObject", {"Key": "k", "VersionId": "1"}, {"s3:GetObjectVersion"}),
        ("DeleteObjects", {"Delete": {"Objects": [{"Key": "k"}]}}, {"s3:DeleteObject"}),
        ("DeleteObjects", {"Delete": {"Objects": [{"Key": "k", "VersionId": "1"}]}}, {"s3:DeleteObjectVersion"}),
        ("DeleteObjects", {"Delete": {"Objects": [{"Key": "k", "VersionId": "1"}, {"Key": "l"}]}}, {"s3:DeleteObject", "s3:DeleteObjectVersion"}),
    ],
)  # fmt: skip
def test_a_version_of_an_object_is_asked_for_by_another_action(
    operation: str, params: dict[str, Any], actions: set[str]
) -> None:
    assert {action for action, _ in needs("s3", operation, Bucket="b", **params)} == actions


def test_a_role_that_is_handed_over_must_be_passed() -> None:
    found = needs("ecs", "RegisterTaskDefinition", family="study-dev-api", taskRoleArn=ROLE, tags=[{"key": ROLE}])
    assert ("iam:PassRole", ROLE) in found


def test_an_operation_that_is_no_action_is_told_as_it_is() -> None:
    assert needs_of("s3", REGION, ACCOUNT, "Levitate", {}) == (Need("s3:Levitate"),)
