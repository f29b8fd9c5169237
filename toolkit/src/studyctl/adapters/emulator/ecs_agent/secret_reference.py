"""What `valueFrom` of a container's secret points at."""

from __future__ import annotations

from dataclasses import dataclass

_FIELDS_OF_A_SECRET = 7


@dataclass(frozen=True)
class SecretReference:
    """A secret of Secrets Manager, or one key of its JSON."""

    arn: str
    json_key: str = ""
    version_stage: str = ""
    version_id: str = ""


@dataclass(frozen=True)
class ParameterReference:
    """A parameter of Parameter Store, by name."""

    name: str
    region: str = ""


def parse_reference(value: str) -> SecretReference | ParameterReference:
    """Read `arn:...:secret:NAME:json-key:version-stage:version-id`, a parameter's ARN, or a parameter's plain name."""
    parts = value.split(":")
    is_arn = parts[0] == "arn" and len(parts) > 5  # noqa: PLR2004  arn:partition:service:region:account:resource
    if is_arn and parts[2] == "secretsmanager":
        rest = [*parts[_FIELDS_OF_A_SECRET:], "", "", ""]
        return SecretReference(":".join(parts[:_FIELDS_OF_A_SECRET]), *rest[:3])
    if is_arn:
        name = parts[5].removeprefix("parameter")
        # a parameter without a path has an ARN with a slash that its name has not
        return ParameterReference(name if name.count("/") > 1 else name.removeprefix("/"), parts[3])
    return ParameterReference(value)
