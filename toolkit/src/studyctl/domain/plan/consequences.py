"""What a change means for the people who use or run the platform: one table by resource type and attribute.

Sources: the AWS documentation of each "modify" call (which settings interrupt, reboot or take effect at once).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class Severity(enum.IntEnum):
    """Ordered by gravity."""

    NONE = 0
    RESTART = 1
    DOWNTIME = 2
    DATA_LOSS = 3

    @property
    def label(self) -> str:
        """Say it in words."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Consequence:
    """`words` says what happens, for one line beside the change."""

    severity: Severity
    words: str = ""


NO_CONSEQUENCE = Consequence(Severity.NONE)

DATA_HOLDERS: Mapping[str, str] = {
    "aws_backup_vault": "the recovery points in it",
    "aws_cloudwatch_log_group": "its logs",
    "aws_cognito_user_pool": "its users",
    "aws_db_cluster_snapshot": "the snapshot",
    "aws_db_instance": "the database",
    "aws_db_instance_automated_backups_replication": "the backups that were copied to the other region",
    "aws_db_snapshot": "the snapshot",
    "aws_dynamodb_table": "its items",
    "aws_ebs_snapshot": "the snapshot",
    "aws_ebs_volume": "the files on the volume",
    "aws_ecr_repository": "the images in it, so running releases can no longer be started or rolled back to",
    "aws_efs_file_system": "its files",
    "aws_elasticache_cluster": "what is cached and not yet stored elsewhere",
    "aws_elasticache_replication_group": "what is cached and not yet stored elsewhere",
    "aws_elasticache_serverless_cache": "what is cached and not yet stored elsewhere",
    "aws_grafana_workspace": "dashboards that people made in it",
    "aws_kinesis_stream": "records not yet read",
    "aws_kms_external_key": "everything encrypted with it",
    "aws_kms_key": "everything encrypted with it",
    "aws_kms_replica_key": "everything encrypted with it in that region",
    "aws_opensearch_domain": "its indexes",
    "aws_prometheus_workspace": "its metrics",
    "aws_rds_cluster": "the database",
    "aws_route53_zone": "its records; a new zone gets other name servers, so the domain stops resolving",
    "aws_s3_bucket": "its objects and their versions",
    "aws_secretsmanager_secret": "the secret's value",
    "aws_sqs_queue": "messages not yet handled",
    "aws_ssm_parameter": "the parameter's value and history",
}
"""What is lost for good, or for longer than a deploy, when the resource is deleted."""

_INTERRUPTED: Mapping[str, str] = {
    "aws_autoscaling_group": "its instances are terminated",
    "aws_cloudfront_distribution": "the site is gone until the new one is deployed everywhere (about 5 minutes)",
    "aws_ecs_cluster": "its services stop",
    "aws_ecs_service": "its tasks stop",
    "aws_efs_mount_target": "mounts in that zone hang",
    "aws_eip": "the address changes; partners that list it must be told",
    "aws_instance": "the machine is terminated",
    "aws_internet_gateway": "nothing in the network reaches the internet",
    "aws_lb": "requests fail until the new one is known in DNS",
    "aws_lb_listener": "requests on that port fail",
    "aws_lb_target_group": "requests to its service fail until the new targets are healthy",
    "aws_nat_gateway": "outgoing connections of private subnets break",
    "aws_route_table": "its subnets lose their routes",
    "aws_service_discovery_private_dns_namespace": "services do not find each other",
    "aws_subnet": "everything in it must move",
    "aws_volume_attachment": "the volume is detached, so what runs on it stops",
    "aws_vpc": "everything in it must move",
    "aws_vpc_endpoint": "calls to that AWS service fail meanwhile",
}
"""What stops when the resource is deleted or replaced, although no data goes."""

_HARMLESS_REPLACEMENTS: Mapping[str, str] = {
    "aws_ecs_task_definition": "a new revision; running tasks keep theirs until a release",
    "aws_db_parameter_group": "",
    "aws_launch_template": "new instances start from it",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """An update of one attribute; `only_when_lowered` compares numbers."""

    severity: Severity
    words: str
    only_when_lowered: bool = False


_DB_REBOOT = _Rule(Severity.RESTART, "the database restarts (about a minute; with Multi-AZ it fails over)")
_DB_RESIZE = _Rule(Severity.DOWNTIME, "the database is unavailable for minutes (with Multi-AZ for one failover)")
_CACHE_SCALE = _Rule(Severity.DOWNTIME, "the cache moves to new nodes; connections break for seconds to minutes")
_STOPS = _Rule(Severity.DOWNTIME, "the machine is stopped and started")
_ROLLS = _Rule(Severity.RESTART, "its tasks are replaced one after another")

_UPDATES: Mapping[tuple[str, str], _Rule] = {
    ("aws_cloudwatch_log_group", "retention_in_days"): _Rule(
        Severity.DATA_LOSS, "older logs are deleted", only_when_lowered=True
    ),
    ("aws_db_instance", "backup_retention_period"): _Rule(
        Severity.DATA_LOSS, "older backups are deleted", only_when_lowered=True
    ),
    ("aws_db_instance", "ca_cert_identifier"): _DB_REBOOT,
    ("aws_db_instance", "engine_version"): _DB_RESIZE,
    ("aws_db_instance", "instance_class"): _DB_RESIZE,
    ("aws_db_instance", "parameter_group_name"): _DB_REBOOT,
    ("aws_db_instance", "port"): _DB_REBOOT,
    ("aws_db_parameter_group", "parameter"): _Rule(
        Severity.RESTART, "static parameters take effect at the next restart of the database"
    ),
    ("aws_ecs_service", "capacity_provider_strategy"): _ROLLS,
    ("aws_ecs_service", "load_balancer"): _ROLLS,
    ("aws_ecs_service", "network_configuration"): _ROLLS,
    ("aws_ecs_service", "task_definition"): _ROLLS,
    ("aws_elasticache_replication_group", "engine_version"): _CACHE_SCALE,
    ("aws_elasticache_replication_group", "node_type"): _CACHE_SCALE,
    ("aws_elasticache_replication_group", "parameter_group_name"): _Rule(
        Severity.RESTART, "some parameters take effect when the nodes restart"
    ),
    ("aws_elasticache_replication_group", "snapshot_retention_limit"): _Rule(
        Severity.DATA_LOSS, "older snapshots are deleted", only_when_lowered=True
    ),
    ("aws_instance", "instance_type"): _STOPS,
    ("aws_instance", "user_data"): _STOPS,
    ("aws_kms_key", "deletion_window_in_days"): _Rule(
        Severity.NONE, "less time to undo a deletion", only_when_lowered=True
    ),
    ("aws_kms_key", "is_enabled"): _Rule(
        Severity.DOWNTIME, "nothing encrypted with it can be read while it is disabled"
    ),
    ("aws_rds_cluster", "backup_retention_period"): _Rule(
        Severity.DATA_LOSS, "older backups are deleted", only_when_lowered=True
    ),
    ("aws_rds_cluster", "engine_version"): _DB_RESIZE,
    ("aws_s3_bucket_lifecycle_configuration", "rule"): _Rule(
        Severity.NONE, "objects may expire earlier; check the days"
    ),
    ("aws_sqs_queue", "message_retention_seconds"): _Rule(
        Severity.DATA_LOSS, "older messages are dropped", only_when_lowered=True
    ),
}


def holds_data(resource_type: str, before: Mapping[str, Any] | None) -> str:
    """Return what is lost with the resource; empty when nothing is.

    A read replica holds only a copy, and a plain parameter only what the configuration says.
    """
    if resource_type == "aws_db_instance" and (before or {}).get("replicate_source_db"):
        return ""
    if resource_type == "aws_ssm_parameter" and (before or {}).get("type") != "SecureString":
        return ""
    return DATA_HOLDERS.get(resource_type, "")


def of_removal(resource_type: str, before: Mapping[str, Any] | None, *, is_replacement: bool) -> Consequence:
    """Return what deleting or replacing a resource means."""
    if lost := holds_data(resource_type, before):
        verb = "the new one starts empty; lost is" if is_replacement else "lost is"
        return Consequence(Severity.DATA_LOSS, f"{verb} {lost}")
    if is_replacement and resource_type in _HARMLESS_REPLACEMENTS:
        return Consequence(Severity.NONE, _HARMLESS_REPLACEMENTS[resource_type])
    if resource_type == "aws_db_instance":
        return Consequence(Severity.DOWNTIME, "readers of this replica lose their connections")
    if words := _INTERRUPTED.get(resource_type):
        return Consequence(Severity.DOWNTIME, words)
    return NO_CONSEQUENCE


def of_update(
    resource_type: str, attributes: Iterable[str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Consequence:
    """Return the gravest meaning of changing these attributes in place."""
    rules = [
        rule
        for name in attributes
        if (rule := _UPDATES.get((resource_type, name))) is not None
        and (not rule.only_when_lowered or _is_lowered((before or {}).get(name), (after or {}).get(name)))
    ]
    gravest = max(rules, key=lambda rule: rule.severity, default=None)
    return Consequence(gravest.severity, gravest.words) if gravest else NO_CONSEQUENCE


def _is_lowered(before: object, after: object) -> bool:
    """Whether a number went down; 0 and null before mean "for ever", so they count as the highest."""
    if not isinstance(after, int | float):
        return False
    return not before or (isinstance(before, int | float) and after < before)
