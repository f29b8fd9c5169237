"""What a resource's ARN is, or will be: AWS makes most of them from names that a plan knows."""

from __future__ import annotations

from collections.abc import Mapping

from studyctl.domain.policy.graph.resources import Plan, PlannedResource

_PATTERNS: Mapping[str, str] = {
    "aws_iam_role": "arn:{partition}:iam::{account}:role{path}{name}",
    "aws_iam_user": "arn:{partition}:iam::{account}:user{path}{name}",
    "aws_iam_group": "arn:{partition}:iam::{account}:group{path}{name}",
    "aws_iam_policy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "aws_iam_instance_profile": "arn:{partition}:iam::{account}:instance-profile{path}{name}",
    "aws_sqs_queue": "arn:{partition}:sqs:{region}:{account}:{name}",
    "aws_sns_topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "aws_s3_bucket": "arn:{partition}:s3:::{bucket}",
    "aws_cloudwatch_log_group": "arn:{partition}:logs:{region}:{account}:log-group:{name}",
    "aws_ecr_repository": "arn:{partition}:ecr:{region}:{account}:repository/{name}",
    "aws_ecs_cluster": "arn:{partition}:ecs:{region}:{account}:cluster/{name}",
    "aws_lambda_function": "arn:{partition}:lambda:{region}:{account}:function:{function_name}",
    "aws_dynamodb_table": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    "aws_kinesis_firehose_delivery_stream": "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
    "aws_codebuild_project": "arn:{partition}:codebuild:{region}:{account}:project/{name}",
    "aws_sfn_state_machine": "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
    "aws_backup_vault": "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
    "aws_kms_key": "arn:{partition}:kms:{region}:{account}:key/{symbol}",
    "aws_secretsmanager_secret": "arn:{partition}:secretsmanager:{region}:{account}:secret:{symbol}",
    "aws_ssm_parameter": "arn:{partition}:ssm:{region}:{account}:parameter/{symbol}",
    "aws_ebs_volume": "arn:{partition}:ec2:{region}:{account}:volume/{symbol}",
    "aws_instance": "arn:{partition}:ec2:{region}:{account}:instance/{symbol}",
    "aws_network_interface": "arn:{partition}:ec2:{region}:{account}:network-interface/{symbol}",
    "aws_db_instance": "arn:{partition}:rds:{region}:{account}:db:{symbol}",
    "aws_cloudfront_distribution": "arn:{partition}:cloudfront::{account}:distribution/{symbol}",
    "aws_elasticache_replication_group": "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{symbol}",
    "aws_elasticache_user": "arn:{partition}:elasticache:{region}:{account}:user:{symbol}",
}


def arn_of(resource: PlannedResource, plan: Plan) -> str:
    """Return the ARN of a resource: as planned, as AWS will make it, or a symbol for it."""
    known = resource.text("arn")
    if known:
        return known
    pattern = _PATTERNS.get(resource.type)
    values = {
        "partition": plan.partition,
        "account": plan.account_id,
        "region": resource.text("region") or plan.region,
        "symbol": symbol(resource.address),
        "path": resource.text("path") or "/",
        **{name: resource.text(name) for name in ("name", "bucket", "function_name")},
    }
    if pattern and plan.account_id and all(values[name] for name in values if f"{{{name}}}" in pattern):
        return pattern.format_map(values)
    return symbol(resource.address)


def symbol(name: str) -> str:
    """Return what stands for a text that only the apply will know: a text of its own, with no wildcard and no colon."""
    return f"({name.translate(_PLAIN)})"


_PLAIN = str.maketrans({":": ".", "*": "_", "?": "_", "$": "_", "{": "[", "}": "]"})
