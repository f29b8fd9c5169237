"""What of an environment is still in the account, asked service by service: a destroy must leave none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

REGIONS = ("us-east-1", "us-west-2")
AskAws = Callable[..., Any]
"""A client of a service in a region: `aws("kms", "us-west-2")`."""


def what_is_left(aws: AskAws, environment: str) -> Iterator[str]:
    """What carries the environment's tag or prefix. A key that is scheduled for deletion is gone for everybody."""
    name = f"study-{environment}"
    for region in REGIONS:
        tagged = aws("resourcegroupstaggingapi", region).get_paginator("get_resources")
        for page in tagged.paginate(TagFilters=[{"Key": "Environment", "Values": [environment]}]):
            arns = (entry["ResourceARN"] for entry in page["ResourceTagMappingList"])
            yield from (arn for arn in arns if not _is_going(aws, region, arn))
        filters = [{"Name": "tag:Environment", "Values": [environment]}]
        ec2 = aws("ec2", region)
        yield from (v["VpcId"] for v in ec2.describe_vpcs(Filters=filters)["Vpcs"])
        yield from (v["VolumeId"] for v in ec2.describe_volumes(Filters=filters)["Volumes"])
        yield from (
            n["NetworkInterfaceId"] for n in ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        )
        yield from (a["PublicIp"] for a in ec2.describe_addresses(Filters=filters)["Addresses"])
        for listed in _named(aws, region):
            yield from (each for each in listed if each.split("/")[-1].startswith(name) or f"/{name}" in each)


def _named(aws: AskAws, region: str) -> Iterator[list[str]]:
    """Names by service, for services whose things may carry no tag."""
    yield [b["Name"] for b in aws("s3", region).list_buckets()["Buckets"]]
    yield aws("sqs", region).list_queues().get("QueueUrls", [])
    yield [i["DBInstanceIdentifier"] for i in aws("rds", region).describe_db_instances()["DBInstances"]]
    groups = aws("elasticache", region).describe_replication_groups()["ReplicationGroups"]
    yield [group["ReplicationGroupId"] for group in groups]
    yield [g["logGroupName"] for g in aws("logs", region).describe_log_groups()["logGroups"]]
    yield [r["RoleName"] for r in aws("iam", region).list_roles(MaxItems=1000)["Roles"]]
    yield [b["LoadBalancerName"] for b in aws("elbv2", region).describe_load_balancers()["LoadBalancers"]]
    yield [a["AlarmName"] for a in aws("cloudwatch", region).describe_alarms()["MetricAlarms"]]
    yield [r["repositoryName"] for r in aws("ecr", region).describe_repositories()["repositories"]]
    yield [secret["Name"] for secret in aws("secretsmanager", region).list_secrets()["SecretList"]]
    yield [w["alias"] for w in aws("amp", region).list_workspaces()["workspaces"]]
    asgs = aws("autoscaling", region).describe_auto_scaling_groups()["AutoScalingGroups"]
    yield [group["AutoScalingGroupName"] for group in asgs]


def _is_going(aws: AskAws, region: str, arn: str) -> bool:
    """Whether AWS only still tells of it: keys that wait for their end, terminated machines, inactive services."""
    kind = next((kind for kind in _GONE if f":{kind}/" in arn), None)
    return kind is not None and _GONE[kind](lambda service: aws(service, region), arn)


def _key_is_going(client: AskAws, arn: str) -> bool:
    return bool(client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")


def _machine_is_gone(client: AskAws, arn: str) -> bool:
    found = client("ec2").describe_instances(InstanceIds=[arn.rpartition("/")[2]])["Reservations"]
    return all(i["State"]["Name"] == "terminated" for reservation in found for i in reservation["Instances"])


def _gateway_is_gone(client: AskAws, arn: str) -> bool:
    found = client("ec2").describe_nat_gateways(NatGatewayIds=[arn.rpartition("/")[2]])["NatGateways"]
    return all(gateway["State"] == "deleted" for gateway in found)


def _cluster_is_gone(client: AskAws, arn: str) -> bool:
    return all(c["status"] == "INACTIVE" for c in client("ecs").describe_clusters(clusters=[arn])["clusters"])


def _service_is_gone(client: AskAws, arn: str) -> bool:
    cluster = arn.split("/")[1]
    return all(
        service["status"] == "INACTIVE"
        for service in client("ecs").describe_services(cluster=cluster, services=[arn])["services"]
    )


def _task_has_stopped(client: AskAws, arn: str) -> bool:
    """ECS tells of a stopped task for an hour."""
    tasks = client("ecs").describe_tasks(cluster=arn.split("/")[1], tasks=[arn])["tasks"]
    return all(task["lastStatus"] == "STOPPED" for task in tasks)


def _task_definition_is_gone(client: AskAws, arn: str) -> bool:
    task = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return bool(task["status"] == "INACTIVE")


_GONE: dict[str, Callable[[AskAws, str], bool]] = {
    "key": _key_is_going,
    "instance": _machine_is_gone,
    "natgateway": _gateway_is_gone,
    "cluster": _cluster_is_gone,
    "service": _service_is_gone,
    "task": _task_has_stopped,
    "task-definition": _task_definition_is_gone,
}
