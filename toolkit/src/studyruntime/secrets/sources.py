"""Where secrets are kept: AWS Secrets Manager, files, and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from studyruntime.config import AwsSettings, SecretsSettings
from studyruntime.errors import AuthenticationRefused, SecretNotFound, Unavailable
from studyruntime.secrets.names import SecretName

SERVICE = "AWS Secrets Manager"
REFUSED = {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"}
GONE = {"ResourceNotFoundException", "InvalidRequestException"}
"""Missing, or marked for deletion: AWS Secrets Manager API Reference, GetSecretValue."""


class SecretSource(Protocol):
    """One place. None means that it does not keep this secret, so that the next place is asked."""

    def read(self, name: SecretName) -> str | None:
        """The meant value, as it is now."""


class AwsSource:
    """Secrets Manager: secrets with an ARN in the settings, and with a prefix all others."""

    def __init__(self, settings: SecretsSettings, aws: AwsSettings) -> None:
        self._settings = settings
        self._aws = aws
        self._client: Any = None

    def secret_id(self, name: SecretName) -> str | None:
        """The ARN, or the name as terraform/secrets builds it, with hyphens."""
        arn = self._settings.arns.get(name.secret.replace("-", "_"))
        if arn is not None or self._settings.prefix is None:
            return arn
        return self._settings.prefix + name.secret.replace("_", "-")

    def read(self, name: SecretName) -> str | None:
        """See `SecretSource.read`."""
        secret_id = self.secret_id(name)
        return None if secret_id is None else name.pick(self._fetch(secret_id))

    def _fetch(self, secret_id: str) -> str:
        try:
            answer = self._connect().get_secret_value(SecretId=secret_id)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in GONE:
                raise SecretNotFound(f"{SERVICE} has no secret {secret_id!r}") from error
            if code in REFUSED:
                raise AuthenticationRefused(
                    SERVICE, str(error), hint="The role needs secretsmanager:GetSecretValue and its key's kms:Decrypt."
                ) from error
            raise Unavailable(SERVICE, str(error)) from error
        except BotoCoreError as error:
            raise Unavailable(SERVICE, str(error)) from error
        if "SecretString" not in answer:
            raise SecretNotFound(f"the secret {secret_id!r} is binary", hint="Store it as text.")
        return str(answer["SecretString"])

    def _connect(self) -> Any:
        if self._client is None:
            # a laptop that keeps its secrets in files never needs it
            import boto3  # noqa: PLC0415

            self._client = boto3.session.Session().client(
                "secretsmanager",
                region_name=self._aws.region,
                endpoint_url=self._aws.endpoint_url,
                config=Config(
                    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
                ),
            )
        return self._client


class FileSource:
    """A folder: the file `database` with all of a secret, or `database/password` with one part."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: SecretName) -> str | None:
        """See `SecretSource.read`."""
        whole = _text(self._folder / name.secret)
        if whole is not None:
            return name.pick(whole)
        return None if name.key is None else _text(self._folder / name.secret / name.key)


class EnvironmentSource:
    """Variables: `database/password` is DATABASE_PASSWORD. They do not change while a process runs."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def read(self, name: SecretName) -> str | None:
        """See `SecretSource.read`."""
        return self._environ.get(name.variable) or None


def _text(path: Path) -> str | None:
    """What a file says, without the line end that editors add."""
    try:
        return path.read_text("utf-8").removesuffix("\n") if path.is_file() else None
    except OSError as error:
        raise Unavailable(f"secret file {path}", error.strerror or "it cannot be read") from error
