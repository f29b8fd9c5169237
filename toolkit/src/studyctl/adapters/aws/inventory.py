"""Asks each AWS service what it says of the things we expect: one function a kind, all asked in parallel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from studyctl.adapters.aws.session import AwsSession
from studyctl.domain.verification import Expectation, Kind, Observation

MAX_PARALLEL_CALLS = 8

Facts = dict[str, str]
Ask = Callable[[Any, Expectation], Facts]


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _cluster(ecs: Any, wanted: Expectation) -> Facts:
    (cluster,) = ecs.describe_clusters(clusters=[wanted.identifier])["clusters"]
    return {"status": cluster["status"]}


def _service(ecs: Any, wanted: Expectation) -> Facts:
    (service,) = ecs.describe_services(cluster=wanted.parent, services=[wanted.identifier])["services"]
    return {"status": service["status"], "tasks": f"{service['runningCount']} of {service['desiredCount']}"}


def _load_balancer(elbv2: Any, wanted: Expectation) -> Facts:
    (balancer,) = elbv2.describe_load_balancers(LoadBalancerArns=[wanted.identifier])["LoadBalancers"]
    return {"state": balancer["State"]["Code"], "scheme": balancer["Scheme"]}


def _database(rds: Any, wanted: Expectation) -> Facts:
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=wanted.identifier)["DBInstances"]
    return {
        "status": instance["DBInstanceStatus"],
        "public": _yes(instance["PubliclyAccessible"]),
        "encrypted": _yes(instance["StorageEncrypted"]),
    }


def _cache(elasticache: Any, wanted: Expectation) -> Facts:
    (group,) = elasticache.describe_replication_groups(ReplicationGroupId=wanted.identifier)["ReplicationGroups"]
    return {
        "status": group["Status"],
        "encrypted in transit": _yes(group["TransitEncryptionEnabled"]),
        "encrypted at rest": _yes(group["AtRestEncryptionEnabled"]),
    }


def _queue(sqs: Any, wanted: Expectation) -> Facts:
    attributes: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=wanted.identifier, AttributeNames=["All"])[
        "Attributes"
    ]
    redrive = json.loads(attributes.get("RedrivePolicy", "{}"))
    return {
        "encrypted": _yes(attributes.get("KmsMasterKeyId")),
        "dead letters": _yes(redrive.get("deadLetterTargetArn")),
        "messages": attributes.get("ApproximateNumberOfMessages", "0"),
    }


def _bucket(s3: Any, wanted: Expectation) -> Facts:
    versioning = s3.get_bucket_versioning(Bucket=wanted.identifier).get("Status", "never enabled")
    block = s3.get_public_access_block(Bucket=wanted.identifier)["PublicAccessBlockConfiguration"]
    return {"versioning": versioning, "public access": "blocked" if all(block.values()) else "possible"}


def _vector_database(autoscaling: Any, wanted: Expectation) -> Facts:
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[wanted.identifier])["AutoScalingGroups"]
    return {"desired instances": str(group["DesiredCapacity"]), "instances": str(len(group["Instances"]))}


def _distribution(cloudfront: Any, wanted: Expectation) -> Facts:
    distribution = cloudfront.get_distribution(Id=wanted.identifier)["Distribution"]
    return {"status": distribution["Status"], "enabled": _yes(distribution["DistributionConfig"]["Enabled"])}


ASK: Mapping[Kind, tuple[str, Ask]] = {
    Kind.CLUSTER: ("ecs", _cluster),
    Kind.SERVICE: ("ecs", _service),
    Kind.LOAD_BALANCER: ("elbv2", _load_balancer),
    Kind.DATABASE: ("rds", _database),
    Kind.CACHE: ("elasticache", _cache),
    Kind.QUEUE: ("sqs", _queue),
    Kind.BUCKET: ("s3", _bucket),
    Kind.VECTOR_DATABASE: ("autoscaling", _vector_database),
    Kind.DISTRIBUTION: ("cloudfront", _distribution),
}


class AwsInventory:
    """Observes expectations against one connection."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def observe(self, wanted: Sequence[Expectation]) -> Sequence[Observation]:
        """Ask about everything at once; a refusal or an absence is an observation, not an error."""
        services = sorted({ASK[expectation.kind][0] for expectation in wanted})
        # boto3 clients are thread-safe, making them is not.
        clients = {service: self._session.client(service) for service in services}

        def ask(expectation: Expectation) -> Observation:
            service, question = ASK[expectation.kind]
            try:
                return Observation(expectation, facts=question(clients[service], expectation))
            except ClientError as refused:
                error = refused.response.get("Error", {})
                return Observation(expectation, failure=f"{error.get('Code', 'error')}: {error.get('Message', '')}")
            except BotoCoreError as unreachable:
                return Observation(expectation, failure=f"could not be asked: {unreachable}")
            except ValueError:
                return Observation(expectation, failure="not found")
            except KeyError as missing:
                return Observation(expectation, failure=f"the answer lacks {missing}")

        with ThreadPoolExecutor(MAX_PARALLEL_CALLS) as pool:
            return tuple(pool.map(ask, wanted))
