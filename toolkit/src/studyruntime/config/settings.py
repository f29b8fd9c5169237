"""Everything a process is told about its surroundings, as one frozen value."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from studyruntime.config.location import Location
from studyruntime.config.sections import (
    AwsSettings,
    BrokerSettings,
    DatabaseSettings,
    OutboxSettings,
    QdrantSettings,
    RateLimitSettings,
    SecretsSettings,
    Section,
    ServiceSettings,
    StorageSettings,
    TaskSettings,
    TlsMode,
    TracesSettings,
)
from studyruntime.config.variables import Variable
from studyruntime.errors import ConfigurationError


class Environment(StrEnum):
    """A developer's machine, or servers."""

    LOCAL = "local"
    CLOUD = "cloud"


class Provider(StrEnum):
    """Whose services stand behind the interfaces."""

    LOCAL = "local"
    AWS = "aws"


T = TypeVar("T", bound=Section | SecretStr)
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda value: str(value).lower())]


class Settings(BaseSettings):
    """The whole configuration. A section whose variables are all absent is None: `require_...` says what is missing.

    Built by hand it reads no environment; `load_settings` does.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    environment: Annotated[
        Environment, Variable("ENVIRONMENT", "local or cloud; default: cloud where ECS runs the process, else local")
    ] = Environment.LOCAL
    provider: Annotated[
        Provider, Variable("INFRASTRUCTURE_PROVIDER", "local or aws; default: aws in the cloud, else local")
    ] = Provider.LOCAL
    location: Location = Location.PROCESS
    deployment_environment: Annotated[
        str, Variable("DEPLOYMENT_ENVIRONMENT", "environment of the platform, such as staging")
    ] = "local"
    log_level: Annotated[LogLevel, Variable("LOG_LEVEL", "debug, info, warning or error")] = "info"

    service: ServiceSettings = ServiceSettings()
    aws: AwsSettings = AwsSettings()
    broker: BrokerSettings | None = None
    tasks: TaskSettings | None = None
    storage: StorageSettings | None = None
    database: DatabaseSettings | None = None
    qdrant: QdrantSettings | None = None
    rate_limits: RateLimitSettings = RateLimitSettings()
    outbox: OutboxSettings = OutboxSettings()
    secrets: SecretsSettings = SecretsSettings()
    traces: TracesSettings = TracesSettings()

    session_signing_key: Annotated[
        SecretStr | None, Variable("SESSION_SIGNING_KEY", "key that signs sessions and tokens of users")
    ] = None
    event_encryption_key: Annotated[
        SecretStr | None, Variable("EVENT_ENCRYPTION_KEY", "key of marked fields in events")
    ] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: what a value holds must not depend on the environment of whoever builds it."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _derive_defaults(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        where = Location(values.get("location", Location.PROCESS))
        environment = values.get("environment", Environment.CLOUD if where is Location.ECS else Environment.LOCAL)
        is_cloud = environment == Environment.CLOUD
        derived = {"environment": environment, "provider": Provider.AWS if is_cloud else Provider.LOCAL, **values}
        if isinstance(derived.get("database"), dict):
            tls_mode = TlsMode.VERIFY_FULL if is_cloud else TlsMode.DISABLE
            derived["database"] = {"tls_mode": tls_mode, **derived["database"]}
        return derived

    @property
    def is_emulated(self) -> bool:
        """Whether an emulator stands in for AWS."""
        return self.aws.endpoint_url is not None

    def require_broker(self) -> BrokerSettings:
        """The broker, or an error that names its variables."""
        return _present(self.broker, "the message broker", "REDIS_HOST")

    def require_tasks(self) -> TaskSettings:
        """The task queue, or an error that names its variables."""
        return _present(self.tasks, "the task queue", "TASK_QUEUE_TYPE")

    def require_storage(self) -> StorageSettings:
        """The object storage, or an error that names its variables."""
        return _present(self.storage, "object storage", "STORAGE_TYPE", "UPLOADS_BUCKET", "PROCESSED_BUCKET")

    def require_database(self) -> DatabaseSettings:
        """The database, or an error that names its variables."""
        return _present(self.database, "the database", "DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER")

    def require_qdrant(self) -> QdrantSettings:
        """The vector database, or an error that names its variables."""
        return _present(self.qdrant, "the vector database", "QDRANT_URL")

    def require_session_signing_key(self) -> SecretStr:
        """The key of sessions, or an error that names its variable."""
        return _present(self.session_signing_key, "the signing of sessions", "SESSION_SIGNING_KEY")

    def require_event_encryption_key(self) -> SecretStr:
        """The key of marked fields, or an error that names its variable."""
        return _present(self.event_encryption_key, "the encryption of marked fields", "EVENT_ENCRYPTION_KEY")


def _present(value: T | None, purpose: str, *variables: str) -> T:
    if value is None:
        raise ConfigurationError(
            [f"{purpose} is not configured: set {', '.join(variables)}"],
            hint="Take the variables from the environment's file: studyctl env export ENV",
        )
    return value
