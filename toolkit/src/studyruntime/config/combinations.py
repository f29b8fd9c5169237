"""Which settings do not go together, and what to change."""

from __future__ import annotations

from collections.abc import Iterator

from studyruntime.config.location import Location
from studyruntime.config.sections import BrokerKind, StorageKind, TaskQueueKind, TlsMode
from studyruntime.config.settings import Environment, Provider, Settings


def combination_problems(settings: Settings) -> list[str]:
    """Every combination that cannot work, or that would be unsafe, each with its fix."""
    return [
        *_place(settings),
        *_broker(settings),
        *_tasks(settings),
        *_storage(settings),
        *_database(settings),
        *_outbox(settings),
    ]


def _place(settings: Settings) -> Iterator[str]:
    is_cloud = settings.environment is Environment.CLOUD
    if settings.location is Location.ECS and not is_cloud:
        yield "ENVIRONMENT=local inside an ECS task: set ENVIRONMENT=cloud, or leave it out"
    if is_cloud and settings.provider is not Provider.AWS:
        yield "ENVIRONMENT=cloud with INFRASTRUCTURE_PROVIDER=local: set INFRASTRUCTURE_PROVIDER=aws"
    if not is_cloud and settings.provider is Provider.AWS and not settings.is_emulated:
        yield (
            "ENVIRONMENT=local with INFRASTRUCTURE_PROVIDER=aws would reach a real account from a laptop: "
            "set INFRASTRUCTURE_PROVIDER=local, or AWS_ENDPOINT_URL to an emulator"
        )
    if settings.provider is Provider.AWS and settings.aws.region is None:
        yield "INFRASTRUCTURE_PROVIDER=aws without a region: set AWS_REGION"


def _broker(settings: Settings) -> Iterator[str]:
    broker = settings.broker
    if broker is None:
        return
    if broker.password is None and broker.user is not None and broker.kind is BrokerKind.REDIS:
        yield "REDIS_USER without REDIS_PASSWORD: set both, or neither"
    if broker.ca_file is not None and not broker.has_tls:
        yield "REDIS_CA_FILE on a connection without encryption: set REDIS_TLS=true, or leave REDIS_CA_FILE out"
    if broker.kind is not BrokerKind.ELASTICACHE:
        return
    if settings.provider is not Provider.AWS:
        yield "MESSAGE_BROKER_TYPE=elasticache outside AWS: set it to redis, or INFRASTRUCTURE_PROVIDER=aws"
    if not broker.has_tls and not settings.is_emulated:
        yield "ElastiCache without encryption: leave REDIS_TLS out, or set REDIS_TLS=true"
    if broker.user is None and not settings.is_emulated:
        yield "ElastiCache without a user: set REDIS_USER to the user of the cache's user group"
    if broker.signs_in_by_iam and broker.replication_group is None:
        yield (
            f"REDIS_HOST {broker.host!r} is no endpoint of ElastiCache, so nothing says which cache a token is for: "
            "set REDIS_CACHE_NAME, or sign in with REDIS_PASSWORD"
        )


def _tasks(settings: Settings) -> Iterator[str]:
    tasks = settings.tasks
    if tasks is None:
        return
    if tasks.kind is TaskQueueKind.SQS:
        if settings.provider is not Provider.AWS:
            yield "TASK_QUEUE_TYPE=sqs outside AWS: set TASK_QUEUE_TYPE=celery, or INFRASTRUCTURE_PROVIDER=aws"
        if not tasks.queue_urls:
            yield "TASK_QUEUE_TYPE=sqs without queues: set DOCUMENT_QUEUE_URL, INDEXING_QUEUE_URL, QUIZ_QUEUE_URL"
        if tasks.broker_url is not None:
            yield "CELERY_BROKER_URL with TASK_QUEUE_TYPE=sqs: leave CELERY_BROKER_URL out; SQS has its queue URLs"
        if tasks.retry_max_delay_seconds > MAX_SQS_VISIBILITY_SECONDS:
            yield f"TASK_RETRY_MAX_DELAY_SECONDS above {MAX_SQS_VISIBILITY_SECONDS}, the longest SQS hides a message"
        return
    if tasks.broker_url is None and settings.broker is None:
        yield "TASK_QUEUE_TYPE=celery without a broker: set REDIS_HOST, or CELERY_BROKER_URL"


def _storage(settings: Settings) -> Iterator[str]:
    storage = settings.storage
    if storage is None:
        return
    if (storage.access_key is None) != (storage.secret_key is None):
        yield "STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY go together: set both, or neither"
    if storage.kind is StorageKind.MINIO:
        if storage.endpoint_url is None:
            yield "STORAGE_TYPE=minio without an address: set STORAGE_ENDPOINT_URL"
        if storage.access_key is None:
            yield "STORAGE_TYPE=minio without keys: set STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY"
        return
    if settings.provider is not Provider.AWS:
        yield "STORAGE_TYPE=s3 outside AWS: set STORAGE_TYPE=minio, or INFRASTRUCTURE_PROVIDER=aws"
    if storage.access_key is not None and not settings.is_emulated:
        yield "STORAGE_ACCESS_KEY with STORAGE_TYPE=s3: leave it out; the task's role signs requests"


def _database(settings: Settings) -> Iterator[str]:
    database = settings.database
    if database is None:
        return
    if database.pool_min > database.pool_max:
        yield f"DATABASE_POOL_MIN={database.pool_min} is above DATABASE_POOL_MAX={database.pool_max}"
    is_real_cloud = settings.environment is Environment.CLOUD and not settings.is_emulated
    if is_real_cloud and database.tls_mode is TlsMode.DISABLE:
        yield "DATABASE_TLS=disable in the cloud: set DATABASE_TLS=verify-full"


def _outbox(settings: Settings) -> Iterator[str]:
    if settings.outbox.target == "rabbitmq" and settings.outbox.rabbitmq_url is None:
        yield "OUTBOX_TARGET=rabbitmq without an address: set RABBITMQ_URL"


MAX_SQS_VISIBILITY_SECONDS = 43_200
"""Amazon SQS Developer Guide, 'Amazon SQS visibility timeout': at most 12 hours."""
