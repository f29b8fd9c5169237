"""How `terraform import` names a resource, where that is not the identity that terraform keeps in its state.

Source: the "Import" section of each resource in the AWS provider's documentation, version 5.100.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MADE_AGAIN = frozenset(
    {
        "aws_acm_certificate_validation",
        "aws_appautoscaling_scheduled_action",
        "aws_ecs_task_definition",
        "aws_secretsmanager_secret_version",
    }
)
"""Cannot be imported, or not without being replaced. Making one again overwrites it or adds a version."""

_TEMPLATES: Mapping[str, str] = {
    "aws_appautoscaling_policy": "{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
    "aws_appautoscaling_target": "{service_namespace}/{resource_id}/{scalable_dimension}",
    "aws_autoscaling_group": "{name}",
    "aws_backup_selection": "{plan_id}|{id}",
    "aws_backup_vault": "{name}",
    "aws_budgets_budget": "{account_id}:{name}",
    "aws_cloudfront_function": "{name}",
    "aws_cloudwatch_composite_alarm": "{alarm_name}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_log_metric_filter": "{log_group_name}:{name}",
    "aws_cloudwatch_log_resource_policy": "{policy_name}",
    "aws_cloudwatch_log_stream": "{log_group_name}:{name}",
    "aws_cloudwatch_log_subscription_filter": "{log_group_name}|{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_cloudwatch_query_definition": "arn:{partition}:logs:{region}:{account_id}:query-definition:{id}",
    "aws_db_event_subscription": "{name}",
    "aws_db_instance": "{identifier}",
    "aws_db_parameter_group": "{name}",
    "aws_db_subnet_group": "{name}",
    "aws_ecr_lifecycle_policy": "{repository}",
    "aws_ecr_repository": "{name}",
    "aws_ecs_cluster": "{name}",
    "aws_ecs_service": "{cluster_name}/{name}",
    "aws_elasticache_parameter_group": "{name}",
    "aws_elasticache_replication_group": "{replication_group_id}",
    "aws_elasticache_subnet_group": "{name}",
    "aws_elasticache_user": "{user_id}",
    "aws_elasticache_user_group": "{user_group_id}",
    "aws_iam_instance_profile": "{name}",
    "aws_iam_policy": "arn:{partition}:iam::{account_id}:policy{path}{name}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_kinesis_firehose_delivery_stream": "arn:{partition}:firehose:{region}:{account_id}:deliverystream/{name}",
    "aws_kms_alias": "{name}",
    "aws_prometheus_alert_manager_definition": "{workspace_id}",
    "aws_prometheus_workspace_configuration": "{workspace_id}",
    "aws_route": "{route_table_id}_{destination_cidr_block}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_s3_bucket": "{bucket}",
    "aws_s3_bucket_lifecycle_configuration": "{bucket}",
    "aws_s3_bucket_logging": "{bucket}",
    "aws_s3_bucket_ownership_controls": "{bucket}",
    "aws_s3_bucket_policy": "{bucket}",
    "aws_s3_bucket_public_access_block": "{bucket}",
    "aws_s3_bucket_replication_configuration": "{bucket}",
    "aws_s3_bucket_server_side_encryption_configuration": "{bucket}",
    "aws_s3_bucket_versioning": "{bucket}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_secretsmanager_secret": "{arn}",
    "aws_service_discovery_instance": "{service_id}/{instance_id}",
    "aws_service_discovery_private_dns_namespace": "{id}:{vpc}",
    "aws_sns_topic": "arn:{partition}:sns:{region}:{account_id}:{name}",
    "aws_sns_topic_policy": "{arn}",
    "aws_sqs_queue": "{sqs_url}/{account_id}/{name}",
    "aws_sqs_queue_redrive_allow_policy": "{queue_url}",
    "aws_ssm_parameter": "{name}",
    "aws_wafv2_web_acl": "{id}/{name}/{scope}",
    "aws_wafv2_web_acl_association": "{web_acl_arn},{resource_arn}",
}
"""`{id}` is the identity that terraform named when it made the resource; the rest are attributes as planned."""

_ID_DIFFERS = frozenset(
    {
        "aws_appautoscaling_policy",
        "aws_appautoscaling_target",
        "aws_backup_selection",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_log_stream",
        "aws_cloudwatch_log_subscription_filter",
        "aws_db_instance",
        "aws_ecs_cluster",
        "aws_ecs_service",
        "aws_iam_role_policy_attachment",
        "aws_route",
        "aws_route_table_association",
        "aws_s3_object",
        "aws_service_discovery_instance",
        "aws_service_discovery_private_dns_namespace",
        "aws_wafv2_web_acl",
    }
)
"""Their identity in the state is not what import wants, or is another one afterwards; they go by their attributes."""

_KEY = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are made. `sqs_url` is what queue URLs begin with."""

    account_id: str
    region: str
    partition: str = "aws"
    sqs_url: str = ""

    @classmethod
    def of(cls, account_id: str, region: str, endpoint_url: str | None = None) -> Place:
        """Return the place for an account's region; an endpoint of one's own also serves the queues."""
        is_china = region.startswith("cn-")
        partition = "aws-cn" if is_china else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        suffix = "amazonaws.com.cn" if is_china else "amazonaws.com"
        return cls(account_id, region, partition, endpoint_url or f"https://sqs.{region}.{suffix}")


def type_of(address: str) -> str:
    """Return the type of the resource at an address."""
    return _KEY.sub("", address).split(".")[-2]


def is_identity_enough(resource_type: str) -> bool:
    """Whether the identity in terraform's events is what import wants."""
    return resource_type not in _ID_DIFFERS


def import_id(resource_type: str, planned: Mapping[str, Any], place: Place, resource_id: str = "") -> str | None:
    """Return what import wants for a resource that is planned as `planned`; None where that cannot be told.

    `resource_id` is the identity of one that is known to have been made, empty for one that may have been.
    """
    template = _TEMPLATES.get(resource_type)
    if template is None:
        return resource_id or None
    known = {
        "id": resource_id,
        "account_id": place.account_id,
        "region": place.region,
        "partition": place.partition,
        "sqs_url": place.sqs_url,
        "path": "/",
        "cluster_name": str(planned.get("cluster") or "").rpartition("/")[2],
    }
    values = {**known, **{name: value for name, value in planned.items() if isinstance(value, str) and value}}
    if resource_id:
        values["id"] = resource_id
    wanted = [field for _, field, _, _ in string.Formatter().parse(template) if field]
    return template.format_map(values) if all(values.get(field) for field in wanted) else None
