"""Which modules are what: told by the resource that a module exists for, never by a module's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studyctl.domain.topology import facts
from studyctl.domain.topology.facts import Facts
from studyctl.domain.topology.model import Icon, Zone
from studyctl.domain.topology.planned import Instance


@dataclass(frozen=True)
class Kind:
    """One sort of module. Without a `title` its name in the composition is its title.

    `rank` is how deep it lies in a request's way: flow goes to the higher rank, whoever refers to whom. `verb` is
    what it does to those that refer to it, for sorts that are not in the way. `permission` is the prefix of the IAM
    actions that use it. What `stands_by` is shown in the zone of the one thing it is for.
    """

    principal: str
    zone: Zone
    icon: Icon
    title: str
    service: str
    rank: int = 0
    verb: str = ""
    permission: str = ""
    stands_by: bool = False
    facts: Facts = facts.nothing

    @property
    def is_in_the_way(self) -> bool:
        """Whether requests or data pass through it, so that it has arrows."""
        return self.rank > 0


_SUPPORT = Zone.SUPPORT

KINDS: Sequence[Kind] = (
    # The first kind whose principal resource an instance has is what it is.
    Kind("aws_vpc", Zone.NETWORK, Icon.BOX, "Network", "VPC", facts=facts.network),
    Kind("aws_cloudfront_distribution", Zone.EDGE, Icon.GLOBE, "CDN", "CloudFront", 1, facts=facts.distribution),
    Kind("aws_lb", Zone.PUBLIC, Icon.BALANCER, "Load balancer", "ALB", 2, facts=facts.balancer),
    Kind("aws_ecs_service", Zone.PRIVATE, Icon.CONTAINER, "", "ECS on Fargate", 3, facts=facts.service),
    Kind(
        "aws_elasticache_replication_group",
        Zone.DATA,
        Icon.CACHE,
        "Cache",
        "ElastiCache",
        4,
        permission="elasticache",
        facts=facts.cache,
    ),
    Kind("aws_db_instance", Zone.DATA, Icon.DATABASE, "Database", "RDS", 4, permission="rds-db", facts=facts.database),
    Kind("aws_ebs_volume", Zone.DATA, Icon.SERVER, "", "EC2", 4, facts=facts.node),
    Kind("aws_sqs_queue", Zone.MANAGED, Icon.QUEUE, "", "SQS", 4, permission="sqs", facts=facts.queue),
    Kind("aws_s3_bucket", Zone.MANAGED, Icon.BUCKET, "", "S3", 4, permission="s3", facts=facts.bucket),
    Kind(
        "aws_wafv2_web_acl",
        _SUPPORT,
        Icon.SHIELD,
        "Firewall",
        "WAF",
        verb="guards",
        stands_by=True,
        facts=facts.firewall,
    ),
    Kind(
        "aws_acm_certificate",
        _SUPPORT,
        Icon.SHIELD,
        "Certificate",
        "ACM",
        verb="certifies",
        stands_by=True,
        facts=facts.certificate,
    ),
    Kind("aws_ecs_cluster", _SUPPORT, Icon.CONTAINER, "Cluster", "ECS, Cloud Map", verb="used by", facts=facts.cluster),
    Kind(
        "aws_ecr_repository",
        _SUPPORT,
        Icon.BOX,
        "Registry",
        "ECR",
        verb="has the images of",
        permission="ecr",
        facts=facts.number_of("aws_ecr_repository", "repository", "repositories"),
    ),
    Kind(
        "aws_kms_key",
        _SUPPORT,
        Icon.KEY,
        "Encryption",
        "KMS",
        verb="encrypts",
        facts=facts.number_of("aws_kms_key", "key"),
    ),
    Kind(
        "aws_secretsmanager_secret",
        _SUPPORT,
        Icon.KEY,
        "Secrets",
        "Secrets Manager",
        verb="read by",
        permission="secretsmanager",
        facts=facts.number_of("aws_secretsmanager_secret", "generated secret"),
    ),
    Kind("aws_sns_topic", _SUPPORT, Icon.BELL, "Alarms", "CloudWatch, SNS", facts=facts.alarms),
    Kind("aws_prometheus_workspace", _SUPPORT, Icon.BELL, "Metrics", "Managed Prometheus", verb="takes metrics of"),
    Kind("aws_grafana_workspace", _SUPPORT, Icon.LOG, "Dashboards", "Managed Grafana"),
    Kind(
        "aws_cloudwatch_dashboard",
        _SUPPORT,
        Icon.LOG,
        "Dashboards",
        "CloudWatch",
        facts=facts.number_of("aws_cloudwatch_dashboard", "dashboard"),
    ),
    Kind(
        "aws_cloudwatch_query_definition",
        _SUPPORT,
        Icon.LOG,
        "Log watch",
        "CloudWatch Logs",
        facts=facts.number_of("aws_cloudwatch_query_definition", "saved query", "saved queries"),
    ),
    Kind("aws_budgets_budget", _SUPPORT, Icon.COIN, "Budget", "Budgets", facts=facts.budget),
    Kind(
        "aws_kinesis_firehose_delivery_stream",
        _SUPPORT,
        Icon.LOG,
        "Log archive",
        "Firehose",
        verb="archives logs of",
        facts=facts.nothing,
    ),
    Kind("aws_backup_vault", _SUPPORT, Icon.BOX, "Backup vault", "Backup", verb="keeps copies of", facts=facts.nothing),
    Kind(
        "aws_db_instance_automated_backups_replication",
        _SUPPORT,
        Icon.BOX,
        "Database backups",
        "RDS",
        verb="keeps copies of",
        facts=facts.nothing,
    ),
)

LOG_BUCKET = Kind("aws_s3_bucket", _SUPPORT, Icon.LOG, "Log bucket", "S3", verb="collects logs of", facts=facts.bucket)
COPIES = Kind("aws_s3_bucket", _SUPPORT, Icon.BUCKET, "Copies", "S3", verb="keeps copies of", facts=facts.bucket)
OTHER = Kind("", _SUPPORT, Icon.BOX, "", "", verb="used by")
"""What no kind fits: shown, never drawn in the way of a request."""


def kind_of(instance: Instance) -> Kind:
    """Return what an instance is."""
    return next((kind for kind in KINDS if instance.has(kind.principal)), OTHER)


_WORDS = {"db": "database", "cdn": "CDN", "waf": "WAF", "dns": "DNS"}


def spoken(name: str) -> str:
    """Return a permanent key as words: `outbox_relay` is `outbox relay`."""
    return " ".join(_WORDS.get(word, word) for word in name.replace("-", " ").replace("_", " ").split()) or name


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case, and the rest as it was."""
    return text[:1].upper() + text[1:]
