"""Turn an environment into what terraform reads: its variables and its backend configuration.

Variables are JSON because terraform takes `.tfvars.json` literally: `${...}` in a value reaches AWS as text.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.environment import Environment
from studyctl.domain.workspace import Workspace

BACKEND_TEMPLATE = "backend.hcl.j2"
IDENTITY = ("name", "project", "region", "backup_region", "account_id", "owner", "cost_center", "can_be_destroyed")

NOT_TERRAFORMS = {"release"}
"""What of a service only releases need to know: changing it must not make a plan."""


class Templates(Protocol):
    """Renders the text files that come with the toolkit."""

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """Fill a template; a value that it names and `values` lacks is an error."""
        ...


class PrivateFiles(Protocol):
    """Keeps rendered files away from other users of the machine."""

    def read(self, path: Path) -> str | None:
        """Return the content, or None when there is no such file."""
        ...

    def write(self, path: Path, content: str) -> None:
        """Replace the file as a whole, readable by its owner only."""
        ...


@dataclass(frozen=True)
class RenderedFile:
    """A file that terraform will read."""

    path: Path
    content: str


@dataclass(frozen=True)
class Difference:
    """A rendered file that is not what the spec says now. `diff` is a unified diff, from the file to the spec."""

    path: Path
    is_missing: bool
    diff: str


def build_variables(environment: Environment, target_account_id: str) -> dict[str, Any]:
    """Return the variables of infra/platform: the spec one to one, with its identity gathered in `environment`.

    `target_account_id` is the account that answers: the spec's own, or the emulator's.
    """
    untold: dict[str, Any] = {
        "deployments": True,
        "image_signing_key": True,
        "budget": {"is_enforced": True},
        "services": dict.fromkeys(environment.services.by_name(), NOT_TERRAFORMS),
    }
    spec = environment.model_dump(mode="json", exclude=untold)
    identity = {key: spec.pop(key) for key in IDENTITY}
    return {"environment": identity | {"account_id": target_account_id}, **spec}


def build_backend(environment: Environment, account_id: str, *, kms_key_id: str | None = None) -> dict[str, Any]:
    """Return the S3 backend's settings. Each environment has a prefix of its own in the account's state bucket."""
    return {
        "bucket": state_bucket_name(environment.project, account_id, environment.region),
        "key": f"environments/{environment.name}/platform.tfstate",
        "region": environment.region,
        "account_id": account_id,
        "kms_key_id": kms_key_id,
    }


def state_bucket_name(project: str, account_id: str, region: str) -> str:
    """Bucket names are unique in the world, so account and region are part of it."""
    return f"{project}-state-{account_id}-{region}"


def variables_text(variables: Mapping[str, Any]) -> str:
    """The content of a `.tfvars.json` file: sorted by the spec's order, so that a diff shows what changed."""
    return json.dumps(variables, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def build_files(
    environment: Environment,
    workspace: Workspace,
    *,
    account_id: str,
    templates: Templates,
    kms_key_id: str | None = None,
) -> tuple[RenderedFile, ...]:
    """Return what belongs into the workspace; nothing is written."""
    if environment.name != workspace.environment:
        raise ValueError(
            f"the spec of {environment.name} does not belong into the workspace of {workspace.environment}"
        )
    backend = build_backend(environment, account_id, kms_key_id=kms_key_id)
    return (
        RenderedFile(workspace.var_file, variables_text(build_variables(environment, account_id))),
        RenderedFile(workspace.backend_config, templates.render(BACKEND_TEMPLATE, backend)),
    )


def write_files(rendered: tuple[RenderedFile, ...], files: PrivateFiles) -> tuple[Path, ...]:
    """Write what differs; return the paths that were written."""
    changed = tuple(file for file in rendered if files.read(file.path) != file.content)
    for file in changed:
        files.write(file.path, file.content)
    return tuple(file.path for file in changed)


def find_differences(rendered: tuple[RenderedFile, ...], files: PrivateFiles) -> tuple[Difference, ...]:
    """Return which files `write_files` would change, and how (`render --check`)."""
    found = ((file, files.read(file.path)) for file in rendered)
    return tuple(_difference(file, existing) for file, existing in found if existing != file.content)


def _difference(file: RenderedFile, existing: str | None) -> Difference:
    name = file.path.name
    before, now = (existing or "").splitlines(), file.content.splitlines()
    lines = difflib.unified_diff(before, now, f"{name} (rendered before)", f"{name} (spec)", lineterm="")
    return Difference(path=file.path, is_missing=existing is None, diff="\n".join(lines))
