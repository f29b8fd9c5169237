"""Which resource a policy stands on, where the two are apart: aws_s3_bucket_policy and its aws_s3_bucket."""

from __future__ import annotations

from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.references import References
from studyctl.domain.policy.graph.resources import Plan, PlannedResource

_STANDS_ON = {
    "aws_s3_bucket_policy": ("bucket", "aws_s3_bucket"),
    "aws_sqs_queue_policy": ("queue_url", "aws_sqs_queue"),
    "aws_sns_topic_policy": ("arn", "aws_sns_topic"),
    "aws_kms_key_policy": ("key_id", "aws_kms_key"),
    "aws_secretsmanager_secret_policy": ("secret_arn", "aws_secretsmanager_secret"),
    "aws_ecr_repository_policy": ("repository", "aws_ecr_repository"),
    "aws_backup_vault_policy": ("backup_vault_name", "aws_backup_vault"),
    "aws_dynamodb_resource_policy": ("resource_arn", "aws_dynamodb_table"),
    "aws_lambda_permission": ("function_name", "aws_lambda_function"),
    "aws_lambda_function_url": ("function_name", "aws_lambda_function"),
}
"""Of the type of a policy the attribute that says what it stands on, and the type of that."""
_NAMES = ("id", "arn", "name", "bucket", "url", "key_id", "function_name")


def owners_of(plan: Plan, address: str) -> frozenset[str]:
    """Return the ARNs of what the policy at an address stands on: of several where the plan cannot tell one."""
    policy = plan.at(address)
    if policy is None:
        return frozenset({address})
    attribute, type_ = _STANDS_ON.get(policy.type, ("", ""))
    if not attribute:
        return frozenset({arn_of(policy, plan)})
    text = policy.text(attribute)
    meant = () if text else References(plan).of(policy, policy.expressions.get(attribute)).resources
    owners = {arn_of(one, plan) for one in meant if one.type == type_ and one.is_managed}
    owners |= {arn_of(one, plan) for one in plan.of(type_) if text and text in _names(one, plan)}
    if type_ == "aws_s3_bucket" and text:
        owners.add(f"arn:{plan.partition}:s3:::{text}")
    return frozenset(owners)


def _names(one: PlannedResource, plan: Plan) -> set[str]:
    return {arn_of(one, plan), *(one.text(name) for name in _NAMES)}
