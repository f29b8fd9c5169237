from __future__ import annotations

import re
from pathlib import Path

from studyctl.domain.local.settings import (
    LocalAddresses,
    LocalSecrets,
    Purpose,
    service_settings,
    shared_settings,
    task_settings,
)

ADDRESSES = LocalAddresses(1, 2, "http://127.0.0.1:3", "http://127.0.0.1:4")
SECRETS = LocalSecrets(*(f"secret {name}" for name in LocalSecrets.names()))
# what only one of the two places has, and why
ONLY_IN_THE_CLOUD = {
    "REDIS_READER_HOST",  # one cache, no replicas
    "DATABASE_REPLICA_HOSTS",
    "QDRANT_CA_CERTIFICATE_PARAMETER",  # no TLS on 127.0.0.1
}
ONLY_HERE = {
    "REDIS_PASSWORD",  # the cloud signs in by IAM
    "DATABASE_TLS",  # the cloud's default is right
    "STORAGE_ENDPOINT_URL",
    "STORAGE_ACCESS_KEY",
    "STORAGE_SECRET_KEY",
    "LOG_LEVEL",  # given to each service by the composition, beside the shared ones
    "EVENT_ENCRYPTION_KEY",
    "LOGS_BUCKET",
}


def test_both_places_are_told_the_same_things(repository: Path) -> None:
    runtime = (repository / "infra" / "platform" / "runtime.tf").read_text("utf-8")
    cloud = set(re.findall(r"^\s+([A-Z][A-Z_]+)\s+= ", runtime, re.MULTILINE))
    # made from the names of buckets and queues
    cloud |= {"UPLOADS_BUCKET", "PROCESSED_BUCKET"}

    here = set(shared_settings(ADDRESSES, SECRETS, Purpose()))

    assert here - cloud == ONLY_HERE
    assert cloud - here == ONLY_IN_THE_CLOUD


def test_each_service_is_told_its_own_ports_beside_that() -> None:
    shared = shared_settings(ADDRESSES, SECRETS, Purpose("dev", "eu-west-1", "debug"))

    told = service_settings(shared, "api", port=5, metrics_port=6)

    assert {name: told[name] for name in told.keys() - shared.keys()} == {
        "SERVICE_NAME": "api",
        "BIND_ADDRESS": "127.0.0.1",
        "PORT": "5",
        "METRICS_PORT": "6",
    }
    assert (told["DEPLOYMENT_ENVIRONMENT"], told["AWS_REGION"], told["LOG_LEVEL"]) == ("dev", "eu-west-1", "debug")


def test_secrets_are_in_no_representation() -> None:
    assert "secret" not in repr(SECRETS)


def test_of_a_task_only_what_its_secrets_are_read_from_is_told() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::"
    container = {
        "name": "app",
        "environment": [{"name": "DATABASE_HOST", "value": "db"}],
        "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": arn}],
    }
    assert task_settings(container) == {"DATABASE_HOST": "db", "DATABASE_PASSWORD": arn}
    assert task_settings({"name": "bare"}) == {}
    assert task_settings({"environment": [{"name": "EMPTY"}]}) == {"EMPTY": ""}
