"""Configuration from the environment, as one frozen value."""

from studyruntime.config.loading import load_settings, read_variables
from studyruntime.config.sections import (
    AwsSettings,
    BrokerKind,
    BrokerSettings,
    DatabaseSettings,
    Endpoint,
    OutboxSettings,
    QdrantSettings,
    RateLimitSettings,
    SecretsSettings,
    ServiceSettings,
    StorageKind,
    StorageSettings,
    TaskQueueKind,
    TaskSettings,
    TlsMode,
    TracesSampler,
    TracesSettings,
)
from studyruntime.config.settings import Environment, Provider, Settings

__all__ = [
    "AwsSettings",
    "BrokerKind",
    "BrokerSettings",
    "DatabaseSettings",
    "Endpoint",
    "Environment",
    "OutboxSettings",
    "Provider",
    "QdrantSettings",
    "RateLimitSettings",
    "SecretsSettings",
    "ServiceSettings",
    "Settings",
    "StorageKind",
    "StorageSettings",
    "TaskQueueKind",
    "TaskSettings",
    "TlsMode",
    "TracesSampler",
    "TracesSettings",
    "load_settings",
    "read_variables",
]
