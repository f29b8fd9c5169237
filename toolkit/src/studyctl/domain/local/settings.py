"""What the services are told on one machine: the same names as in the cloud, with values for here.

The names are those that infra/platform/runtime.tf gives to tasks, which studyruntime reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

HOST = "127.0.0.1"
BUCKETS = ("uploads", "processed", "logs")
BUCKET_PREFIX = "study-local"
DATABASE_NAME = USER = "study"
"""Of the database, of its owner, and of the user of the cache."""


@dataclass(frozen=True)
class LocalSecrets:
    """What only this machine knows. Made once and kept, so that data stay readable."""

    cache_password: str = field(repr=False)
    database_password: str = field(repr=False)
    qdrant_api_key: str = field(repr=False)
    session_signing_key: str = field(repr=False)
    event_encryption_key: str = field(repr=False)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(each.name for each in fields(cls))


@dataclass(frozen=True)
class LocalAddresses:
    """Where the servers of this machine are."""

    cache_port: int
    database_port: int
    qdrant_url: str
    object_store_url: str


@dataclass(frozen=True)
class Purpose:
    """What the settings are for: values that an environment's file decides."""

    environment: str = "local"
    region: str = "us-east-1"
    log_level: str = "info"


def bucket_names() -> dict[str, str]:
    """The buckets by their role."""
    return {role: f"{BUCKET_PREFIX}-{role}" for role in BUCKETS}


def shared_settings(addresses: LocalAddresses, secrets: LocalSecrets, purpose: Purpose) -> dict[str, str]:
    """What every service is told."""
    return {
        "ENVIRONMENT": "local",
        "INFRASTRUCTURE_PROVIDER": "local",
        "DEPLOYMENT_ENVIRONMENT": purpose.environment,
        "AWS_REGION": purpose.region,
        "LOG_LEVEL": purpose.log_level,
        "MESSAGE_BROKER_TYPE": "redis",
        "REDIS_HOST": HOST,
        "REDIS_PORT": str(addresses.cache_port),
        "REDIS_USER": USER,
        "REDIS_PASSWORD": secrets.cache_password,
        "TASK_QUEUE_TYPE": "celery",
        "STORAGE_TYPE": "minio",
        "STORAGE_ENDPOINT_URL": addresses.object_store_url,
        "STORAGE_ACCESS_KEY": "test",  # the emulator checks no signature, but every SDK wants to sign
        "STORAGE_SECRET_KEY": "test",
        **{f"{role.upper()}_BUCKET": name for role, name in bucket_names().items()},
        "DATABASE_HOST": HOST,
        "DATABASE_PORT": str(addresses.database_port),
        "DATABASE_NAME": DATABASE_NAME,
        "DATABASE_USER": USER,
        "DATABASE_PASSWORD": secrets.database_password,
        "DATABASE_TLS": "disable",
        "QDRANT_URL": addresses.qdrant_url,
        "QDRANT_API_KEY": secrets.qdrant_api_key,
        "SESSION_SIGNING_KEY": secrets.session_signing_key,
        "EVENT_ENCRYPTION_KEY": secrets.event_encryption_key,
    }


def service_settings(shared: Mapping[str, str], name: str, *, port: int, metrics_port: int) -> dict[str, str]:
    """What one service is told beside that. Here it must not be reached from anywhere else."""
    own = {"SERVICE_NAME": name, "BIND_ADDRESS": HOST, "PORT": str(port), "METRICS_PORT": str(metrics_port)}
    return {**shared, **own}


def task_settings(container: Mapping[str, object]) -> dict[str, str]:
    """What a container of a task definition is told. A secret is given as what it is read from, never as its value.

    A variable that is empty comes back from ECS without a value where it was registered without one.
    """
    plain = _named(container.get("environment"), "value")
    references = _named(container.get("secrets"), "valueFrom")
    return {**plain, **references}


def _named(entries: object, value: str) -> dict[str, str]:
    if not isinstance(entries, list):
        return {}
    return {str(entry["name"]): str(entry.get(value) or "") for entry in entries}
