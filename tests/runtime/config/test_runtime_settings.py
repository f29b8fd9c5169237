"""What the environment becomes, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from studyruntime.config import (
    BrokerKind,
    BrokerSettings,
    Endpoint,
    Environment,
    Provider,
    Settings,
    StorageKind,
    TaskQueueKind,
    TlsMode,
    load_settings,
)
from studyruntime.config.location import ECS_VARIABLE, Location
from studyruntime.config.variables import VariableFamily, describe
from studyruntime.errors import ConfigurationError

LOCAL = {
    "ENVIRONMENT": "local",
    "INFRASTRUCTURE_PROVIDER": "local",
    "MESSAGE_BROKER_TYPE": "redis",
    "REDIS_HOST": "127.0.0.1",
    "TASK_QUEUE_TYPE": "celery",
    "STORAGE_TYPE": "minio",
    "STORAGE_ENDPOINT_URL": "http://127.0.0.1:9000",
    "STORAGE_ACCESS_KEY": "access",
    "STORAGE_SECRET_KEY": "secret",
    "UPLOADS_BUCKET": "uploads",
    "DATABASE_HOST": "127.0.0.1",
    "DATABASE_NAME": "study",
    "DATABASE_USER": "study",
}

# What infra/platform/runtime.tf gives every workload.
CLOUD = {
    "ENVIRONMENT": "cloud",
    "INFRASTRUCTURE_PROVIDER": "aws",
    "DEPLOYMENT_ENVIRONMENT": "prod",
    "AWS_REGION": "us-east-1",
    "MESSAGE_BROKER_TYPE": "elasticache",
    "REDIS_HOST": "master.study-prod-cache.abc123.use1.cache.amazonaws.com",
    "REDIS_READER_HOST": "replica.study-prod-cache.abc123.use1.cache.amazonaws.com",
    "REDIS_PORT": "6379",
    "REDIS_USER": "study-prod-cache-client",
    "TASK_QUEUE_TYPE": "sqs",
    "STORAGE_TYPE": "s3",
    "DATABASE_HOST": "study-prod.abc.us-east-1.rds.amazonaws.com",
    "DATABASE_PORT": "5432",
    "DATABASE_NAME": "study",
    "DATABASE_REPLICA_HOSTS": "",
    "QDRANT_URL": "https://qdrant.study-prod.internal:6333",
    "QDRANT_CA_CERTIFICATE_PARAMETER": "/study-prod/vector-db/ca",
    "DOCUMENT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/study-prod-document-queue",
    "NOTIFICATION_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/study-prod-notification-queue",
    "UPLOADS_BUCKET": "study-prod-uploads-123456789012",
    "PROCESSED_BUCKET": "study-prod-processed-123456789012",
    "LOGS_BUCKET": "study-prod-logs-123456789012",
    "DATABASE_USER": "study",
    "DATABASE_PASSWORD": "from the secret",
    "SESSION_SIGNING_KEY": "signing",
    "QDRANT_API_KEY": "key",
}


def problems_of(variables: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as raised:
        load_settings(variables)
    return raised.value.problems


def test_a_laptop() -> None:
    settings = load_settings(LOCAL)
    assert (settings.environment, settings.provider) == (Environment.LOCAL, Provider.LOCAL)
    broker, tasks, storage = settings.require_broker(), settings.require_tasks(), settings.require_storage()
    assert (broker.kind, broker.host, broker.port, broker.has_tls) == (BrokerKind.REDIS, "127.0.0.1", 6379, False)
    assert (tasks.kind, storage.kind) == (TaskQueueKind.CELERY, StorageKind.MINIO)
    assert storage.buckets == {"uploads": "uploads"}
    assert settings.require_database().tls_mode is TlsMode.DISABLE


def test_what_the_platform_gives_its_workloads_is_enough() -> None:
    settings = load_settings(CLOUD)
    broker = settings.require_broker()
    assert broker.has_tls
    assert broker.signs_in_by_iam
    assert broker.replication_group == "study-prod-cache"
    assert settings.require_tasks().queue_urls == {
        "document_queue": CLOUD["DOCUMENT_QUEUE_URL"],
        "notification_queue": CLOUD["NOTIFICATION_QUEUE_URL"],
    }
    assert set(settings.require_storage().buckets) == {"uploads", "processed", "logs"}
    database = settings.require_database()
    assert (database.tls_mode, database.replicas) == (TlsMode.VERIFY_FULL, ())
    assert settings.require_session_signing_key().get_secret_value() == "signing"


def test_nothing_at_all_is_a_process_that_needs_nothing() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert settings.service.port == 8000
    for require, variable in [
        (settings.require_broker, "REDIS_HOST"),
        (settings.require_tasks, "TASK_QUEUE_TYPE"),
        (settings.require_storage, "STORAGE_TYPE"),
        (settings.require_database, "DATABASE_HOST"),
        (settings.require_qdrant, "QDRANT_URL"),
        (settings.require_session_signing_key, "SESSION_SIGNING_KEY"),
        (settings.require_event_encryption_key, "EVENT_ENCRYPTION_KEY"),
    ]:
        with pytest.raises(ConfigurationError, match=variable):
            require()


def test_ecs_is_the_cloud_unless_told_otherwise() -> None:
    here = {ECS_VARIABLE: "http://169.254.170.2/v4/abc", "AWS_REGION": "us-east-1"}
    settings = load_settings(here)
    assert (settings.location, settings.environment, settings.provider) == (
        Location.ECS,
        Environment.CLOUD,
        Provider.AWS,
    )
    assert "ENVIRONMENT=cloud" in problems_of({**here, "ENVIRONMENT": "local"})[0]


def test_a_value_built_by_hand_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "cloud")
    monkeypatch.setenv("REDIS_HOST", "elsewhere")
    assert Settings().environment is Environment.LOCAL
    assert BrokerSettings(host="here").host == "here"


def test_settings_are_frozen_and_misspelt_fields_are_refused() -> None:
    settings = load_settings(LOCAL)
    with pytest.raises(ValidationError):
        settings.environment = Environment.CLOUD  # type: ignore[misc]
    with pytest.raises(ValidationError):
        BrokerSettings(host="here", prot=1)  # type: ignore[call-arg]


def test_secrets_are_not_shown() -> None:
    variables = {
        **CLOUD,
        "REDIS_PASSWORD": "hidden-1",
        "EVENT_ENCRYPTION_KEY": "hidden-2",
        "DATABASE_PASSWORD": "hidden-3",
    }
    assert "hidden" not in repr(load_settings(variables))
    shown = problems_of({**variables, "RABBITMQ_URL": "hidden-4", "DATABASE_PORT": "x", "OUTBOX_BATCH_SIZE": "0"})
    assert len(shown) == 2
    assert "hidden" not in "\n".join(shown)


def test_every_problem_is_listed_with_its_variable() -> None:
    variables = {
        **LOCAL,
        "REDIS_PORT": "many",
        "TASK_QUEUE_TYPE": "rabbit",
        "DATABASE_HOST": "",
        "LOG_LEVEL": "loud",
        "OUTBOX_MAX_RETRIES": "-1",
        "DATABASE_REPLICA_HOSTS": "one, two:port",
    }
    problems = problems_of(variables)
    assert [problem.partition(":")[0].partition(" is not")[0] for problem in problems] == [
        "LOG_LEVEL",
        "REDIS_PORT",
        "TASK_QUEUE_TYPE",
        "DATABASE_HOST",
        "DATABASE_REPLICA_HOSTS",
        "OUTBOX_MAX_RETRIES",
    ]
    assert "not 'many'" in problems[1]


def test_replicas_may_name_a_port() -> None:
    replicas = "one,two:6432, ::1 ,[::1]:7432"
    settings = load_settings({**LOCAL, "DATABASE_PORT": "5433", "DATABASE_REPLICA_HOSTS": replicas})
    assert settings.require_database().replicas == (
        Endpoint(host="one", port=5433),
        Endpoint(host="two", port=6432),
        Endpoint(host="::1", port=5433),
        Endpoint(host="::1", port=7432),
    )


def test_a_file_is_read_below_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env.local"
    file.write_text("# a laptop\nREDIS_HOST=from-file\nexport REDIS_PORT='7000'\nSERVICE_NAME=api\n")
    settings = load_settings({"SETTINGS_FILE": str(file), "SERVICE_NAME": "from-environment"})
    broker = settings.require_broker()
    assert (broker.host, broker.port, settings.service.name) == ("from-file", 7000, "from-environment")
    assert "which is no file" in problems_of({"SETTINGS_FILE": str(tmp_path / "missing")})[0]


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,8}", fullmatch=True), st.text(min_size=1)))
def test_a_family_finds_each_of_its_variables(entries: dict[str, str]) -> None:
    family = VariableFamily("_BUCKET", "a bucket")
    environ = {f"{name}_BUCKET": value for name, value in entries.items()} | {"_BUCKET": "no name", "OTHER": "x"}
    assert family.read(environ) == {name.lower(): value for name, value in entries.items()}


def test_no_two_fields_share_a_variable_and_each_is_explained() -> None:
    fields = list(describe(Settings))
    names = [field.source.name for field in fields]
    assert len(set(names)) == len(names)
    assert all(field.source.meaning for field in fields)
    secrets = {field.source.name for field in fields if field.is_secret}
    assert {"REDIS_PASSWORD", "DATABASE_PASSWORD", "RABBITMQ_URL", "CELERY_BROKER_URL"} <= secrets
    assert "REDIS_HOST" not in secrets
