"""The parts of the settings, each a frozen value; names of variables are those the platform gives its workloads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from studyruntime.config.variables import Variable, VariableFamily

Port = Annotated[int, Field(ge=1, le=65535)]


class BrokerKind(StrEnum):
    """Where events go."""

    REDIS = "redis"
    ELASTICACHE = "elasticache"


class TaskQueueKind(StrEnum):
    """Where tasks wait: Celery's own broker, or SQS."""

    CELERY = "celery"
    SQS = "sqs"


class StorageKind(StrEnum):
    """Where objects lie."""

    MINIO = "minio"
    S3 = "s3"


class TracesSampler(StrEnum):
    """OpenTelemetry's names of which traces are kept. Those with a parent keep what the beginning of the trace kept."""

    ALWAYS_ON = "always_on"
    ALWAYS_OFF = "always_off"
    RATIO = "traceidratio"
    PARENT_OR_ALWAYS_ON = "parentbased_always_on"
    PARENT_OR_ALWAYS_OFF = "parentbased_always_off"
    PARENT_OR_RATIO = "parentbased_traceidratio"


class Section(BaseModel):
    """A part of the settings: frozen, and strict about names so that a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Endpoint(Section):
    """A host and a port."""

    host: str
    port: Port


class ServiceSettings(Section):
    """Who this process is and where it listens."""

    name: Annotated[str, Variable("SERVICE_NAME", "name of the service, in logs and metrics")] = "study"
    version: Annotated[str, Variable("SERVICE_VERSION", "release that runs, shown by /version")] = "unreleased"
    port: Annotated[Port, Variable("PORT", "port of the HTTP server")] = 8000
    metrics_port: Annotated[Port, Variable("METRICS_PORT", "port of /metrics of a worker")] = 9100
    metrics_interval_seconds: Annotated[
        PositiveFloat, Variable("METRICS_INTERVAL_SECONDS", "how often metrics are written to the log, for CloudWatch")
    ] = 60.0


class AwsSettings(Section):
    """Which AWS, and where."""

    region: Annotated[str | None, Variable("AWS_REGION", "region of every AWS service")] = None
    endpoint_url: Annotated[str | None, Variable("AWS_ENDPOINT_URL", "emulator in place of AWS")] = None


class BrokerSettings(Section):
    """Redis, Valkey or ElastiCache, which are one class with and without TLS and a user."""

    kind: Annotated[BrokerKind, Variable("MESSAGE_BROKER_TYPE", "redis or elasticache")] = BrokerKind.REDIS
    host: Annotated[str, Variable("REDIS_HOST", "address of the primary")]
    reader_host: Annotated[str | None, Variable("REDIS_READER_HOST", "address of the replicas, for reads")] = None
    port: Annotated[Port, Variable("REDIS_PORT", "port of primary and replicas")] = 6379
    user: Annotated[str | None, Variable("REDIS_USER", "user; without a password ElastiCache signs it in by IAM")] = (
        None
    )
    password: Annotated[SecretStr | None, Variable("REDIS_PASSWORD", "password of the user")] = None
    has_tls: Annotated[bool, Variable("REDIS_TLS", "whether the connection is encrypted; ElastiCache: true")] = False
    ca_file: Annotated[str | None, Variable("REDIS_CA_FILE", "certificate authority; default: the system's")] = None
    cache_name: Annotated[
        str | None, Variable("REDIS_CACHE_NAME", "replication group that IAM tokens are for; default: from REDIS_HOST")
    ] = None
    timeout_seconds: Annotated[
        PositiveFloat, Variable("REDIS_TIMEOUT_SECONDS", "longest wait for an answer, and for a connection")
    ] = 5.0
    retry_seconds: Annotated[
        PositiveFloat, Variable("REDIS_RETRY_SECONDS", "how long a command is repeated before the caller hears of it")
    ] = 5.0
    cache_timeout_seconds: Annotated[
        PositiveFloat,
        Variable("REDIS_CACHE_TIMEOUT_SECONDS", "how long cache and rate limits wait before they go on without Redis"),
    ] = 0.5
    retention_seconds: Annotated[
        PositiveInt, Variable("BROKER_RETENTION_SECONDS", "how long an event is kept after every group has read it")
    ] = 86_400
    claim_idle_seconds: Annotated[
        PositiveFloat,
        Variable("BROKER_CLAIM_IDLE_SECONDS", "after this a message is taken from a consumer that is gone"),
    ] = 60.0
    max_deliveries: Annotated[
        PositiveInt, Variable("BROKER_MAX_DELIVERIES", "deliveries after which a message goes to the dead letters")
    ] = 5

    @model_validator(mode="before")
    @classmethod
    def _encrypt_elasticache(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("kind") == BrokerKind.ELASTICACHE:
            return {"has_tls": True, **values}
        return values

    @property
    def signs_in_by_iam(self) -> bool:
        """Whether IAM tokens take the place of a password."""
        return self.kind is BrokerKind.ELASTICACHE and self.user is not None and self.password is None

    @property
    def replication_group(self) -> str | None:
        """The cache that IAM tokens are for: as told, or from master.NAME.ID.REGION.cache.amazonaws.com."""
        if self.cache_name is not None:
            return self.cache_name
        labels = self.host.split(".")
        is_endpoint = ".cache.amazonaws.com" in self.host and labels[0] in {"master", "replica", "clustercfg"}
        return labels[1] if is_endpoint else None


class TaskSettings(Section):
    """Where tasks wait, and how they are tried again."""

    kind: Annotated[TaskQueueKind, Variable("TASK_QUEUE_TYPE", "celery or sqs")]
    broker_url: Annotated[
        SecretStr | None,
        Variable("CELERY_BROKER_URL", "redis://, rediss:// or amqp:// for celery; default: the message broker"),
    ] = None
    result_url: Annotated[
        SecretStr | None, Variable("CELERY_RESULT_URL", "where results are kept; default: nowhere, events tell them")
    ] = None
    queue_urls: Annotated[
        Mapping[str, str], VariableFamily("_QUEUE_URL", "URL of an SQS queue, by name", key_suffix="_queue")
    ] = Field(default_factory=dict)
    max_retries: Annotated[int, Field(ge=0), Variable("TASK_MAX_RETRIES", "attempts after the first one")] = 4
    retry_delay_seconds: Annotated[
        PositiveFloat, Variable("TASK_RETRY_DELAY_SECONDS", "base of the wait before a retry, doubled each time")
    ] = 2.0
    retry_max_delay_seconds: Annotated[
        PositiveFloat, Variable("TASK_RETRY_MAX_DELAY_SECONDS", "longest wait before a retry")
    ] = 600.0
    timeout_seconds: Annotated[
        PositiveInt, Variable("TASK_TIMEOUT_SECONDS", "how long a task may run; it is stopped after that")
    ] = 1800
    visibility_timeout_seconds: Annotated[
        PositiveInt,
        Variable("TASK_VISIBILITY_TIMEOUT_SECONDS", "Redis only: after this a task of a dead worker is handed on"),
    ] = 60
    stop_seconds: Annotated[
        PositiveFloat, Variable("TASK_STOP_SECONDS", "how long a worker that is told to stop lets its tasks finish")
    ] = 45.0


class StorageSettings(Section):
    """Object storage: S3, or MinIO, which is S3 at an address of its own."""

    kind: Annotated[StorageKind, Variable("STORAGE_TYPE", "minio or s3")]
    endpoint_url: Annotated[str | None, Variable("STORAGE_ENDPOINT_URL", "address of MinIO")] = None
    access_key: Annotated[SecretStr | None, Variable("STORAGE_ACCESS_KEY", "access key of MinIO")] = None
    secret_key: Annotated[SecretStr | None, Variable("STORAGE_SECRET_KEY", "secret key of MinIO")] = None
    buckets: Annotated[Mapping[str, str], VariableFamily("_BUCKET", "real name of a bucket, by its role")] = Field(
        default_factory=dict
    )


class TlsMode(StrEnum):
    """What is demanded of the database's certificate, in libpq's words."""

    VERIFY_FULL = "verify-full"
    REQUIRE = "require"
    DISABLE = "disable"


class DatabaseSettings(Section):
    """PostgreSQL: the writer, and replicas for reads."""

    host: Annotated[str, Variable("DATABASE_HOST", "address of the writer")]
    port: Annotated[Port, Variable("DATABASE_PORT", "port of the writer, and of replicas that name none")] = 5432
    name: Annotated[str, Variable("DATABASE_NAME", "name of the database")]
    user: Annotated[str, Variable("DATABASE_USER", "user that owns the tables")]
    password: Annotated[SecretStr | None, Variable("DATABASE_PASSWORD", "password of the user")] = None
    tls_mode: Annotated[
        TlsMode, Variable("DATABASE_TLS", "verify-full, require or disable; default: verify-full in the cloud")
    ] = TlsMode.VERIFY_FULL
    ca_file: Annotated[str | None, Variable("DATABASE_CA_FILE", "certificate authority; default: the system's")] = None
    replicas: Annotated[
        tuple[Endpoint, ...], Variable("DATABASE_REPLICA_HOSTS", "replicas: host or host:port, separated by commas")
    ] = ()
    pool_min: Annotated[int, Field(ge=0), Variable("DATABASE_POOL_MIN", "connections kept open")] = 1
    pool_max: Annotated[PositiveInt, Variable("DATABASE_POOL_MAX", "connections at most, to each server")] = 10
    connect_timeout_seconds: Annotated[
        PositiveInt, Variable("DATABASE_CONNECT_TIMEOUT_SECONDS", "longest wait for a connection")
    ] = 5
    statement_timeout_seconds: Annotated[
        PositiveInt, Variable("DATABASE_STATEMENT_TIMEOUT_SECONDS", "longest statement; the server stops it after that")
    ] = 30
    max_replica_lag_seconds: Annotated[
        PositiveFloat, Variable("DATABASE_MAX_REPLICA_LAG_SECONDS", "a replica further behind is not read from")
    ] = 10.0

    @model_validator(mode="before")
    @classmethod
    def _parse_replicas(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("replicas"), str):
            entries = [entry.strip() for entry in values["replicas"].split(",") if entry.strip()]
            return {**values, "replicas": [parse_endpoint(entry, values.get("port", 5432)) for entry in entries]}
        return values


def parse_endpoint(text: str, default_port: int | str) -> dict[str, int | str]:
    """`host`, `host:port`, an IPv6 address, or `[IPv6]:port`; what is no port is left for validation to refuse."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return {"host": host, "port": rest.removeprefix(":") or default_port}
    if text.count(":") == 1:
        host, port = text.split(":")
        return {"host": host, "port": port}
    return {"host": text, "port": default_port}


class QdrantSettings(Section):
    """The vector database."""

    url: Annotated[str, Variable("QDRANT_URL", "address of Qdrant")]
    api_key: Annotated[SecretStr | None, Variable("QDRANT_API_KEY", "key every request carries")] = None
    ca_file: Annotated[str | None, Variable("QDRANT_CA_FILE", "certificate authority in a file")] = None
    ca_certificate_parameter: Annotated[
        str | None, Variable("QDRANT_CA_CERTIFICATE_PARAMETER", "certificate authority in the parameter store")
    ] = None


class RateLimitSettings(Section):
    """Requests a minute."""

    per_user: Annotated[PositiveInt, Variable("RATE_LIMIT_USER", "requests a minute of one user")] = 100
    per_address: Annotated[PositiveInt, Variable("RATE_LIMIT_IP", "requests a minute from one address")] = 300
    overall: Annotated[PositiveInt, Variable("RATE_LIMIT_GLOBAL", "requests a minute of everyone")] = 1000


class OutboxSettings(Section):
    """How the relay moves events from the table to the target."""

    target: Annotated[Literal["stream", "rabbitmq"], Variable("OUTBOX_TARGET", "stream or rabbitmq")] = "stream"
    rabbitmq_url: Annotated[SecretStr | None, Variable("RABBITMQ_URL", "amqp:// address of RabbitMQ")] = None
    batch_size: Annotated[PositiveInt, Variable("OUTBOX_BATCH_SIZE", "events in one transaction of the relay")] = 100
    interval_seconds: Annotated[
        PositiveFloat, Variable("OUTBOX_INTERVAL_SECONDS", "longest sleep when no notification comes")
    ] = 1.0
    max_retries: Annotated[int, Field(ge=0), Variable("OUTBOX_MAX_RETRIES", "attempts after the first one")] = 5
    retry_delay_seconds: Annotated[
        PositiveFloat, Variable("OUTBOX_RETRY_DELAY_SECONDS", "base of the wait before a retry, doubled each time")
    ] = 2.0
    lease_seconds: Annotated[
        PositiveFloat,
        Variable(
            "OUTBOX_LEASE_SECONDS", "after this a batch of a relay that is gone is free; must be longer than one takes"
        ),
    ] = 30.0


class SecretsSettings(Section):
    """Where secrets are read. What no ARN or prefix places in Secrets Manager comes from files or the environment."""

    prefix: Annotated[
        str | None, Variable("SECRETS_PREFIX", "what stands before names in Secrets Manager, such as study-prod/")
    ] = None
    arns: Annotated[
        Mapping[str, str], VariableFamily("_SECRET_ARN", "secret in Secrets Manager, by the first part of its name")
    ] = Field(default_factory=dict)
    folder: Annotated[str | None, Variable("SECRETS_DIR", "folder of files, one a secret")] = None
    max_age_seconds: Annotated[
        PositiveFloat, Variable("SECRETS_MAX_AGE_SECONDS", "how long a value is believed before it is read again")
    ] = 300.0


class TracesSettings(Section):
    """Whether requests and tasks are traced. The variables are OpenTelemetry's own."""

    endpoint: Annotated[
        str | None,
        Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$"),
        AfterValidator(lambda value: value and value.rstrip("/")),
        Variable(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "base address of a collector that takes OTLP over HTTP; without it nothing is traced",
        ),
    ] = None
    sampler: Annotated[
        TracesSampler, Variable("OTEL_TRACES_SAMPLER", "which traces are kept, by OpenTelemetry's names")
    ] = TracesSampler.PARENT_OR_ALWAYS_ON
    sampler_ratio: Annotated[
        float, Field(ge=0, le=1), Variable("OTEL_TRACES_SAMPLER_ARG", "share of traces that a sampler by ratio keeps")
    ] = 1.0
