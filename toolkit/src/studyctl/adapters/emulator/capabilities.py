"""What the emulator is worth, service by service: the table that `studyctl emulator status` prints.

`tests/emulator/test_capabilities.py` keeps the additions here in step with the extensions.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Support(enum.Enum):
    """How the emulator answers for something."""

    ADDED = "added"  # moto lacks it or gets it wrong; an extension makes it answer as AWS does
    STANDS_IN = "stands in"  # the API answers, what should happen behind it does not
    ABSENT = "absent"  # 501: an environment that needs it deploys to AWS only


@dataclass(frozen=True)
class Capability:
    """One row: `what` names operations or behaviour, `instead` says what to expect here."""

    service: str
    support: Support
    what: str
    instead: str


_ADDED, _STANDS_IN, _ABSENT = Support.ADDED, Support.STANDS_IN, Support.ABSENT

CAPABILITIES: tuple[Capability, ...] = (
    Capability(
        "application-autoscaling",
        _ADDED,
        "tags of a scalable target",
        "kept and returned",
    ),
    Capability(
        "amp",
        _ADDED,
        "alert manager definitions and the retention of a workspace",
        "kept and returned",
    ),
    Capability(
        "autoscaling",
        _ADDED,
        "warm-up, maintenance policy and lifetime of a group; instance refreshes",
        "kept and returned; a refresh is over at once and replaces nothing",
    ),
    Capability("backup", _ADDED, "vault policies, selections, tags of a vault, recovery points", "kept and returned"),
    Capability("budgets", _ADDED, "subscribers of a notification, update, tags", "kept and returned"),
    Capability("ce", _ADDED, "anomaly monitors and subscriptions", "kept and returned"),
    Capability(
        "cloudfront",
        _ADDED,
        "cache, origin-request and response-headers policies; publishing a function; whole distribution configurations",
        "kept and returned as sent, with the defaults of AWS",
    ),
    Capability(
        "cloudwatch",
        _ADDED,
        "composite alarms, evaluation of alarms, percentiles, expressions; metrics of balancers, tasks, queues and "
        "databases",
        "alarms flip by what was measured; data of the last three hours",
    ),
    Capability("dlm", _ADDED, "the whole service", "policies are kept and returned"),
    Capability(
        "ec2",
        _ADDED,
        "detailed monitoring, descriptions and deletion of security-group rules, tags of launch templates",
        "kept and returned",
    ),
    Capability(
        "ecs",
        _ADDED,
        "capacity providers, deployment configuration, exec and rebalancing of a service; deployments, tasks, logs",
        "rolling deployments with breaker, alarms and rollback; tasks are processes of this machine",
    ),
    Capability(
        "elasticache",
        _ADDED,
        "parameter groups, user groups, members of a replication group, modification of groups and users",
        "kept and returned; deletions are immediate",
    ),
    Capability(
        "elbv2",
        _ADDED,
        "the scheme of a balancer, weights, health and draining of targets that are tasks",
        "a local balancer routes by path and weight",
    ),
    Capability(
        "firehose",
        _ADDED,
        "expressions of a prefix, file extension, time zone; records that an HTTP endpoint does not take",
        "objects have the keys of AWS, and a prefix that it refuses is refused",
    ),
    Capability(
        "logs",
        _ADDED,
        "saved queries, changes of a metric filter; a deleted log group takes its tags along",
        "kept and returned",
    ),
    Capability(
        "servicediscovery", _ADDED, "the hosted zone of a private namespace", "its name, VPC and life are right"
    ),
    Capability(
        "rds",
        _ADDED,
        "identities of instances, performance insights, source of parameters, a generated master password, "
        "replication of automated backups to another region",
        "kept and returned; no backup is copied",
    ),
    Capability(
        "s3",
        _ADDED,
        "replication rules and EventBridge notification as sent; bucket policies; permission to deliver access logs",
        "a statement with a condition (TLS, source account, ...) or for an AWS service does not apply",
    ),
    Capability("logs", _ADDED, "metrics in log lines (embedded metric format)", "become metrics of CloudWatch"),
    Capability("sqs", _ADDED, "redrive-allow policy; a policy survives other changes", "kept and returned"),
    Capability(
        "amp", _STANDS_IN, "taking, querying and judging metrics", "rules and routes are kept; nothing is evaluated"
    ),
    Capability("backup", _STANDS_IN, "taking and copying backups", "nothing is backed up"),
    Capability("cloudfront", _STANDS_IN, "serving", "no domain name answers"),
    Capability(
        "application-autoscaling",
        _STANDS_IN,
        "scaling",
        "target tracking of ECS services; no step scaling, no schedules, no scaling activities",
    ),
    Capability(
        "cloudwatch",
        _STANDS_IN,
        "time, and what follows an alarm",
        "a minute of metrics is a second; no alarm action is taken; SetAlarmState holds until the next look; of an "
        "alarm's history only its states",
    ),
    Capability("dlm", _STANDS_IN, "taking snapshots", "no snapshot appears"),
    Capability("ec2", _STANDS_IN, "running instances", "user data never runs, nothing listens"),
    Capability(
        "ecs",
        _STANDS_IN,
        "running tasks",
        "the essential container of a task, from a local build by digest; sidecars are told as stopped, with the "
        "reason, and once by an event of the service, and what they would collect goes nowhere; PORT and "
        "METRICS_PORT in place of an own address; no limits of CPU or memory, no task role; waits pass 30 times as "
        "fast (STUDYCTL_EMULATOR_SPEED=1: as on AWS)",
    ),
    Capability(
        "elasticache",
        _STANDS_IN,
        "running Valkey",
        "one server with TLS and the group's users, started with the first task that names it; any token is accepted",
    ),
    Capability(
        "elbv2",
        _STANDS_IN,
        "balancing",
        "one HTTP port of 127.0.0.1 for all listeners, started with the first target; no TLS, no other condition than "
        "paths, 404 in place of fixed answers and redirects; targets that are no tasks are called healthy",
    ),
    Capability(
        "firehose",
        _STANDS_IN,
        "delivery",
        "records reach the bucket at once, an object a call; nothing is transformed, compressed or partitioned by "
        "content; timestamps have numbers only (no names of months, no zones, no weeks)",
    ),
    Capability(
        "iam", _STANDS_IN, "permissions", "every caller may do everything; a missing permission shows on AWS only"
    ),
    Capability("kms", _STANDS_IN, "key policies", "kept and returned, never enforced"),
    Capability("logs", _STANDS_IN, "metric filters", "kept, and count nothing"),
    Capability(
        "rds",
        _STANDS_IN,
        "running PostgreSQL",
        "one server with TLS and the master's password, started with the first task that names it; replicas are the "
        "same server; StopDBInstance stops it, and one that ended by itself starts again; of metrics CPU and free "
        "storage; snapshots are empty",
    ),
    Capability(
        "servicediscovery",
        _STANDS_IN,
        "the Qdrant node behind vector-db",
        "a stand-in with TLS and the API key, started with the first task that names it; it keeps to the volume's "
        "size, or to STUDYCTL_EMULATOR_VECTOR_VOLUME_MIB",
    ),
    Capability("route53", _STANDS_IN, "resolving names", "records are kept, no name resolves"),
    Capability("s3", _STANDS_IN, "replication, lifecycle, access logs", "configured, never performed"),
    Capability("wafv2", _STANDS_IN, "filtering requests", "rules are kept, nothing is filtered or logged"),
    Capability("acm", _STANDS_IN, "validating certificates", "every certificate is valid at once"),
    Capability(
        "ecs",
        _ABSENT,
        "ListServiceDeployments, DescribeServiceDeployments, DescribeServiceRevisions, StopServiceDeployment",
        "501; DescribeServices tells of every deployment, another UpdateService ends one",
    ),
    Capability("elasticache", _ABSENT, "serverless caches, global datastores", "501"),
    Capability("s3", _ABSENT, "inventory, metrics, intelligent tiering; host-prefixed S3 Control", "501"),
    Capability("securityhub", _ABSENT, "most of it", "501"),
    Capability("sesv2", _ABSENT, "most of it", "501"),
    Capability("servicediscovery", _ABSENT, "DiscoverInstances (a host-prefixed name)", "does not resolve"),
    Capability("grafana", _ABSENT, "the whole service", "501: telemetry.managed_grafana deploys to AWS only"),
    Capability("synthetics, xray, chatbot", _ABSENT, "most of it", "501"),
)
