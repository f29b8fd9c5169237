"""Buckets and queues for services under test, and the variables that tell of them."""

from __future__ import annotations

import uuid

from tests.support.servers.moto import CREDENTIALS, MotoServer

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
