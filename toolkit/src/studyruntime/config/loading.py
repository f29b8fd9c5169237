"""Read the settings from the environment, or say everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from studyruntime.config.combinations import combination_problems
from studyruntime.config.location import detect
from studyruntime.config.problems import field_problems
from studyruntime.config.references import resolve
from studyruntime.config.settings import Settings
from studyruntime.config.variables import FlatVariables
from studyruntime.errors import ConfigurationError

FILE_VARIABLE = "SETTINGS_FILE"
"""A file of variables such as .env.local. What the environment itself says goes before it."""

HINT = "The reference of all variables: docs/configuration.md"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: with every problem found, each naming its variable and the fix.
    """
    variables = read_variables(environ)
    values = FlatVariables(Settings, variables)()
    try:
        settings = Settings.model_validate({"location": detect(variables), **values})
    except ValidationError as error:
        raise ConfigurationError(field_problems(error.errors()), hint=HINT) from None
    problems = combination_problems(settings)
    if problems:
        raise ConfigurationError(problems, hint=HINT)
    return settings


def read_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment over the file that it names, if it names one; what the file only refers to is fetched.

    Raises:
        ConfigurationError: there is no such file, or something it refers to cannot be read.
    """
    given = dict(environ)
    name = given.pop(FILE_VARIABLE, "")
    if not name:
        return given
    path = Path(name)
    if not path.is_file():
        raise ConfigurationError(
            [f"{FILE_VARIABLE} names {name}, which is no file"], hint="Set it to a file, or leave it out."
        )
    in_file = {key: value for key, value in dotenv_values(path, interpolate=False).items() if value is not None}
    wanted = {key: value for key, value in in_file.items() if key not in given}
    return {**resolve(wanted, given.get("AWS_ENDPOINT_URL") or in_file.get("AWS_ENDPOINT_URL") or None), **given}
