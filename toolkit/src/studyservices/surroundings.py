"""What a process finds when it starts: settings, options and the fault it was asked to show. Read once, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studyruntime.config import Settings, load_settings, read_variables
from studyservices.fault import Fault, read_fault
from studyservices.options import Options, load_options


@dataclass(frozen=True)
class Surroundings:
    """Everything a role is told."""

    role: str
    settings: Settings
    options: Options
    fault: Fault


def read_surroundings(role: str, environ: Mapping[str, str]) -> Surroundings:
    """What the environment says to a process of `role`, which is its name in logs unless SERVICE_NAME is set.

    Raises:
        ConfigurationError: with every problem found.
    """
    named = {"SERVICE_NAME": role, **{name: value for name, value in read_variables(environ).items() if value}}
    settings = load_settings(named)
    is_production = settings.provider == "aws" and settings.deployment_environment == "prod"
    return Surroundings(role, settings, load_options(named), read_fault(named, is_production=is_production))
