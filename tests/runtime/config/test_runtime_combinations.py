"""What does not go together is refused, and the fix it names is one that works."""

from __future__ import annotations

import pytest
from tests.runtime.config.test_runtime_settings import CLOUD, LOCAL, problems_of

from studyruntime.config import load_settings

EMULATED = {**CLOUD, "AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}

# variables, what the problem says, what to change according to it
CASES = {
    "cloud without AWS": (CLOUD | {"INFRASTRUCTURE_PROVIDER": "local"}, "ENVIRONMENT=cloud", CLOUD),
    "real account from a laptop": (
        LOCAL | {"INFRASTRUCTURE_PROVIDER": "aws", "AWS_REGION": "us-east-1"},
        "from a laptop",
        {"INFRASTRUCTURE_PROVIDER": "local"},
    ),
    "no region": (CLOUD | {"AWS_REGION": ""}, "set AWS_REGION", {"AWS_REGION": "us-east-1"}),
    "user without password": (LOCAL | {"REDIS_USER": "me"}, "REDIS_PASSWORD", {"REDIS_PASSWORD": "p"}),
    "authority without encryption": (LOCAL | {"REDIS_CA_FILE": "ca.pem"}, "REDIS_TLS=true", {"REDIS_TLS": "true"}),
    "ElastiCache on a laptop": (
        LOCAL | {"MESSAGE_BROKER_TYPE": "elasticache"},
        "MESSAGE_BROKER_TYPE=elasticache",
        {"MESSAGE_BROKER_TYPE": "redis"},
    ),
    "ElastiCache in plain": (CLOUD | {"REDIS_TLS": "false"}, "without encryption", {"REDIS_TLS": "true"}),
    "ElastiCache without user": (CLOUD | {"REDIS_USER": ""}, "set REDIS_USER", {"REDIS_USER": "client"}),
    "a cache of unknown name": (CLOUD | {"REDIS_HOST": "cache"}, "REDIS_CACHE_NAME", {"REDIS_CACHE_NAME": "study"}),
    "SQS on a laptop": (
        LOCAL | {"TASK_QUEUE_TYPE": "sqs", "DOCUMENT_QUEUE_URL": "http://q"},
        "TASK_QUEUE_TYPE=sqs outside AWS",
        {"TASK_QUEUE_TYPE": "celery"},
    ),
    "SQS without queues": (
        CLOUD | {"DOCUMENT_QUEUE_URL": "", "NOTIFICATION_QUEUE_URL": ""},
        "without queues",
        {"DOCUMENT_QUEUE_URL": "https://q"},
    ),
    "SQS with a broker": (CLOUD | {"CELERY_BROKER_URL": "redis://x"}, "CELERY_BROKER_URL", {"CELERY_BROKER_URL": ""}),
    "SQS with a long delay": (
        CLOUD | {"TASK_RETRY_MAX_DELAY_SECONDS": "43201"},
        "43200",
        {"TASK_RETRY_MAX_DELAY_SECONDS": "43200"},
    ),
    "celery without a broker": (
        LOCAL | {"REDIS_HOST": "", "MESSAGE_BROKER_TYPE": ""},
        "TASK_QUEUE_TYPE=celery without a broker",
        {"CELERY_BROKER_URL": "amqp://127.0.0.1"},
    ),
    "half a key": (LOCAL | {"STORAGE_SECRET_KEY": ""}, "go together", {"STORAGE_SECRET_KEY": "s"}),
    "MinIO without address": (
        LOCAL | {"STORAGE_ENDPOINT_URL": ""},
        "STORAGE_ENDPOINT_URL",
        {"STORAGE_ENDPOINT_URL": "http://127.0.0.1"},
    ),
    "MinIO without keys": (
        LOCAL | {"STORAGE_ACCESS_KEY": "", "STORAGE_SECRET_KEY": ""},
        "without keys",
        {"STORAGE_ACCESS_KEY": "a", "STORAGE_SECRET_KEY": "s"},
    ),
    "S3 on a laptop": (LOCAL | {"STORAGE_TYPE": "s3"}, "STORAGE_TYPE=s3 outside AWS", {"STORAGE_TYPE": "minio"}),
    "S3 with keys": (
        CLOUD | {"STORAGE_ACCESS_KEY": "a", "STORAGE_SECRET_KEY": "s"},
        "role signs",
        {"STORAGE_ACCESS_KEY": "", "STORAGE_SECRET_KEY": ""},
    ),
    "pool upside down": (LOCAL | {"DATABASE_POOL_MIN": "11"}, "DATABASE_POOL_MAX=10", {"DATABASE_POOL_MIN": "10"}),
    "plain database in the cloud": (
        CLOUD | {"DATABASE_TLS": "disable"},
        "DATABASE_TLS=verify-full",
        {"DATABASE_TLS": "verify-full"},
    ),
    "outbox to nowhere": (
        LOCAL | {"OUTBOX_TARGET": "rabbitmq"},
        "set RABBITMQ_URL",
        {"RABBITMQ_URL": "amqp://127.0.0.1"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_go_together_is_refused_and_its_fix_works(name: str) -> None:
    variables, words, fix = CASES[name]
    assert any(words in problem for problem in problems_of(variables)), problems_of(variables)
    load_settings({**variables, **fix})


def test_an_emulator_may_be_plain() -> None:
    settings = load_settings(
        EMULATED | {"REDIS_HOST": "127.0.0.1", "REDIS_TLS": "false", "REDIS_USER": "", "DATABASE_TLS": "disable"}
    )
    assert settings.is_emulated
    assert not settings.require_broker().has_tls


def test_all_problems_come_at_once() -> None:
    assert len(problems_of({**CLOUD, "AWS_REGION": "", "REDIS_TLS": "false", "DATABASE_TLS": "disable"})) == 3
