"""Buckets and queues for services under test, and the variables that tell of them."""

from __future__ import annotations

import json
import uuid

from tests.support.servers.moto import CREDENTIALS, REGION, MotoServer

BUCKETS = ("uploads", "processed")
QUEUES = ("document_queue", "indexing_queue", "quiz_queue", "notification_queue")


def make_buckets(moto: MotoServer) -> dict[str, str]:
    """New buckets, reached as MinIO is: at an address, with keys."""
    client = moto.client("s3")
    names = {bucket: f"{bucket}-{uuid.uuid4().hex}" for bucket in BUCKETS}
    for name in names.values():
        client.create_bucket(Bucket=name)
    return {
        "STORAGE_TYPE": "minio",
        "STORAGE_ENDPOINT_URL": moto.url,
        "STORAGE_ACCESS_KEY": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "STORAGE_SECRET_KEY": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        **{f"{bucket.upper()}_BUCKET": name for bucket, name in names.items()},
    }


def make_queues(moto: MotoServer) -> dict[str, str]:
    """New queues, each with one for its dead letters, reached as those of AWS are: in a region, at the emulator."""
    client = moto.client("sqs")
    variables = {
        "INFRASTRUCTURE_PROVIDER": "aws",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": moto.url,
        "TASK_QUEUE_TYPE": "sqs",
        **CREDENTIALS,
    }
    for queue in QUEUES:
        name = f"{queue}-{uuid.uuid4().hex}"
        dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
        attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "20"}
        variables[f"{queue.upper()}_URL"] = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return variables
