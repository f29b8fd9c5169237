"""Values of the secrets that a container is given, or why ECS cannot give them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.moto_errors import MOTO_ERRORS, words
from studyctl.adapters.emulator.ecs_agent.secret_reference import (
    ParameterReference,
    SecretReference,
    parse_reference,
)

_PULL = "ResourceInitializationError: unable to pull secrets or registry auth"


class SecretMissing(Exception):
    """A secret cannot be read. Its text becomes the task's stopped reason."""


def secret_values(accounts: Accounts, place: Place, wanted: Mapping[str, str]) -> dict[str, str]:
    """The value for each variable.

    Raises:
        SecretMissing: one of them is not there.
    """
    return {variable: _value(accounts, place, parse_reference(source)) for variable, source in wanted.items()}


def _value(accounts: Accounts, place: Place, reference: SecretReference | ParameterReference) -> str:
    if isinstance(reference, ParameterReference):
        return _parameter(accounts, place, reference)
    region = reference.arn.split(":")[3]
    with accounts.open("secretsmanager", Place(place.account, region)) as backend:
        try:
            secret = backend.get_secret_value(
                reference.arn, reference.version_id or None, reference.version_stage or None
            )
        except MOTO_ERRORS as error:
            raise SecretMissing(
                f"{_PULL}: execution resource retrieval failed: unable to retrieve secret from asm: service call has "
                f"been retried 1 time(s): failed to fetch secret {reference.arn} from secrets manager: "
                f"{words(error)}"
            ) from error
    text: str = secret.get("SecretString", "")
    return _key(text, reference) if reference.json_key else text


def _key(text: str, reference: SecretReference) -> str:
    try:
        value = json.loads(text)[reference.json_key]
    except (ValueError, KeyError, TypeError) as error:
        raise SecretMissing(
            f"{_PULL}: execution resource retrieval failed: unable to retrieve secret from asm: service call has been "
            f"retried 1 time(s): retrieved secret from Secrets Manager did not contain json key {reference.json_key}"
        ) from error
    return value if isinstance(value, str) else json.dumps(value)


def _parameter(accounts: Accounts, place: Place, reference: ParameterReference) -> str:
    with accounts.open("ssm", Place(place.account, reference.region or place.region)) as backend:
        found = backend.get_parameters([reference.name])
    if reference.name not in found:
        raise SecretMissing(
            f"{_PULL}: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been "
            f"retried 1 time(s): invalid parameters: {reference.name}"
        )
    return str(found[reference.name].response_object(True)["Value"])
