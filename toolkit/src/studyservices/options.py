"""What only the services are told, from the environment; what any service is told is the runtime's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from studyruntime.config.variables import FlatVariables, Variable, describe
from studyruntime.errors import ConfigurationError

MIB = 1024 * 1024


class EmbeddingKind(StrEnum):
    """What makes vectors."""

    HASHING = "hashing"
    ENDPOINT = "endpoint"


class QuizKind(StrEnum):
    """What makes questions."""

    CLOZE = "cloze"
    ENDPOINT = "endpoint"


class Options(BaseSettings):
    """Sizes, times and models. Every one has a default that works without any model or key."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    commit: Annotated[str, Variable("SERVICE_COMMIT", "commit the image was built from, shown by /version")] = "unknown"
    bind_address: Annotated[
        str, Variable("BIND_ADDRESS", "address to listen on; the image listens on every one of its own")
    ] = "127.0.0.1"
    max_upload_bytes: Annotated[PositiveInt, Variable("MAX_UPLOAD_BYTES", "largest upload")] = 20 * MIB
    worker_concurrency: Annotated[PositiveInt, Variable("WORKER_CONCURRENCY", "tasks a worker does at once")] = 2
    drain_seconds: Annotated[
        NonNegativeFloat,
        Variable("DRAIN_SECONDS", "how long requests are still taken after SIGTERM, unready"),
    ] = 1.0
    drain_timeout_seconds: Annotated[
        PositiveFloat, Variable("DRAIN_TIMEOUT_SECONDS", "longest wait for requests that are under way at SIGTERM")
    ] = 30.0
    stop_seconds: Annotated[
        PositiveFloat, Variable("STOP_SECONDS", "how long a worker's tasks may go on after SIGTERM before they go back")
    ] = 45.0
    session_seconds: Annotated[PositiveInt, Variable("SESSION_SECONDS", "lifetime of a bearer token")] = 3600
    socket_token_seconds: Annotated[
        PositiveInt, Variable("SOCKET_TOKEN_SECONDS", "lifetime of a token that opens a WebSocket")
    ] = 60
    socket_seconds: Annotated[PositiveInt, Variable("SOCKET_SECONDS", "longest life of a WebSocket")] = 3600
    socket_poll_seconds: Annotated[
        PositiveFloat, Variable("SOCKET_POLL_SECONDS", "how often a WebSocket looks for what no hint told it")
    ] = 15.0

    embedding: Annotated[EmbeddingKind, Variable("EMBEDDING", "hashing, or endpoint for a model")] = (
        EmbeddingKind.HASHING
    )
    embedding_url: Annotated[
        str | None, Variable("EMBEDDING_URL", "base address of a model in OpenAI's form; /embeddings is added")
    ] = None
    embedding_model: Annotated[str | None, Variable("EMBEDDING_MODEL", "name of the model")] = None
    embedding_api_key: Annotated[SecretStr | None, Variable("EMBEDDING_API_KEY", "key of the model's endpoint")] = None
    embedding_dimensions: Annotated[PositiveInt, Variable("EMBEDDING_DIMENSIONS", "length of a vector")] = 256

    quiz: Annotated[QuizKind, Variable("QUIZ_GENERATOR", "cloze, or endpoint for a model")] = QuizKind.CLOZE
    quiz_url: Annotated[
        str | None, Variable("QUIZ_URL", "base address of a model in OpenAI's form; /chat/completions is added")
    ] = None
    quiz_model: Annotated[str | None, Variable("QUIZ_MODEL", "name of the model")] = None
    quiz_api_key: Annotated[SecretStr | None, Variable("QUIZ_API_KEY", "key of the model's endpoint")] = None
    model_timeout_seconds: Annotated[PositiveFloat, Variable("MODEL_TIMEOUT_SECONDS", "longest wait for a model")] = 60

    scheduler_interval_seconds: Annotated[
        PositiveFloat, Variable("SCHEDULER_INTERVAL_SECONDS", "how often the scheduler looks")
    ] = 30.0
    stuck_after_seconds: Annotated[
        PositiveInt, Variable("STUCK_AFTER_SECONDS", "unfinished work without a sign for so long is handed out again")
    ] = 2400
    max_attempts: Annotated[
        PositiveInt, Variable("MAX_ATTEMPTS", "times that work is begun before its document or quiz is given up")
    ] = 5
    document_retention_days: Annotated[
        int, Field(ge=0), Variable("DOCUMENT_RETENTION_DAYS", "how long documents are kept; 0: until they are deleted")
    ] = 0
    notification_retention_days: Annotated[
        PositiveInt, Variable("NOTIFICATION_RETENTION_DAYS", "how long notifications are kept")
    ] = 30

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given, as with the runtime's settings."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @model_validator(mode="after")
    def _endpoints_are_named(self) -> Self:
        if self.embedding is EmbeddingKind.ENDPOINT and not (self.embedding_url and self.embedding_model):
            raise ValueError("EMBEDDING=endpoint without a model: set EMBEDDING_URL and EMBEDDING_MODEL")
        if self.quiz is QuizKind.ENDPOINT and not (self.quiz_url and self.quiz_model):
            raise ValueError("QUIZ_GENERATOR=endpoint without a model: set QUIZ_URL and QUIZ_MODEL")
        return self


def load_options(environ: Mapping[str, str] = os.environ) -> Options:
    """The options of this process.

    Raises:
        ConfigurationError: with every problem found.
    """
    try:
        return Options.model_validate(FlatVariables(Options, environ)())
    except ValidationError as error:
        raise ConfigurationError(_problems(error), hint="The reference: docs/services.md") from None


def _problems(error: ValidationError) -> list[str]:
    """One line for each error, which names the variable and never shows a secret."""
    variables = {field.path: field.source.name for field in describe(Options)}
    return [
        f"{variables.get(tuple(map(str, each['loc'])), 'options')}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    ]
