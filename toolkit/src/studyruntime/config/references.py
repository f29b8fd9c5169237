"""Values that are named instead of given: a file of settings may say where a secret is kept, as a task definition does.

ECS puts such values into the environment before a task starts; a program that reads the file must ask as ECS does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from studyruntime.errors import ConfigurationError

SECRET = re.compile(
    r"(?P<id>arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):\d{12}:secret:[^:]+)"
    r"(:(?P<key>[^:]*):(?P<stage>[^:]*):(?P<version>[^:]*))?"
)
PARAMETER = re.compile(r"(?P<id>arn:[a-z-]+:ssm:(?P<region>[a-z0-9-]+):\d{12}:parameter/.+)")
"""What `valueFrom` of a task definition may be: Amazon ECS Developer Guide, 'Pass sensitive data to a container'."""
NAMES_AN_ARN = "_ARN"
"""A variable that ends like this wants the name itself."""
_ONCE_MORE = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


def resolve(variables: Mapping[str, str], endpoint_url: str | None) -> dict[str, str]:
    """The variables with what they refer to in place of each reference.

    Raises:
        ConfigurationError: with everything that could not be read.
    """
    reader = _Reader(endpoint_url)
    problems: list[str] = []
    resolved = dict(variables)
    for name, value in variables.items():
        if name.endswith(NAMES_AN_ARN):
            continue
        try:
            resolved[name] = reader.read(value)
        except (ClientError, BotoCoreError, LookupError, ValueError) as error:
            problems.append(f"{name} refers to {value}, which cannot be read: {error}")
    if problems:
        raise ConfigurationError(
            problems,
            hint="Sign in to the account first; the caller needs secretsmanager:GetSecretValue and kms:Decrypt.",
        )
    return resolved


class _Reader:
    """Asks for each secret once, however many variables come from it."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}
        self._secrets: dict[tuple[str, str], str] = {}

    def read(self, value: str) -> str:
        """What the value refers to, or the value where it is none."""
        if secret := SECRET.fullmatch(value):
            return self._secret(secret)
        if parameter := PARAMETER.fullmatch(value):
            client = self._client("ssm", parameter["region"])
            answer = client.get_parameter(Name=parameter["id"], WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        return value

    def _secret(self, reference: re.Match[str]) -> str:
        wanted = {"VersionStage": reference["stage"], "VersionId": reference["version"]}
        which = {name: value for name, value in wanted.items() if value}
        known = (reference["id"], json.dumps(which))
        if known not in self._secrets:
            client = self._client("secretsmanager", reference["region"])
            answer = client.get_secret_value(SecretId=reference["id"], **which)
            self._secrets[known] = answer["SecretString"]
        text = self._secrets[known]
        if not reference["key"]:
            return text
        part = json.loads(text)[reference["key"]]
        return part if isinstance(part, str) else json.dumps(part)

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            import boto3  # noqa: PLC0415 - settings without references never need it

            self._clients[service, region] = boto3.session.Session().client(
                service, region_name=region, endpoint_url=self._endpoint_url, config=_ONCE_MORE
            )
        return self._clients[service, region]
