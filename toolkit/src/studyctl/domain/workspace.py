"""One environment and every path that belongs to it; only this knows how they are paired.

A var-file next to the wrong backend cannot be said: both are derived from one name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from studyctl.errors import UsageError

NAME_PATTERN = re.compile(r"[a-z][a-z0-9-]{1,15}")
BOOTSTRAP = "bootstrap"
"""The name of the root that makes the state bucket; no environment may take it."""


def check_environment_name(name: str) -> str:
    """Return `name` when it may name an environment.

    Raises:
        UsageError: it is not lower-case ASCII of 2 to 16 characters, or it is reserved.
    """
    if not NAME_PATTERN.fullmatch(name):
        shown = name if len(name) <= 40 else name[:40] + "…"  # noqa: PLR2004 - only for the message
        raise UsageError(
            f"{shown!a} is not an environment's name",
            why="A name is 2 to 16 characters: a lower-case letter, then lower-case letters, digits or hyphens.",
            hint="List the environments with: studyctl env list",
        )
    if name == BOOTSTRAP:
        raise UsageError(
            f"{name!r} is reserved for the root that makes the state bucket", hint="Name the environment differently."
        )
    return name


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where one environment's Terraform lives. Every path is absolute; `build` is ignored by git."""

    environment: str
    root: Path
    build: Path

    @classmethod
    def platform(cls, environment: str, repository: Path) -> Workspace:
        """Return the composition as it is applied for one environment."""
        check_environment_name(environment)
        return cls(environment, repository / "infra" / "platform", repository / ".build" / environment)

    @classmethod
    def bootstrap(cls, repository: Path) -> Workspace:
        """Return the root applied once per account, before any environment."""
        return cls(BOOTSTRAP, repository / "infra" / BOOTSTRAP, repository / ".build" / BOOTSTRAP)

    def __post_init__(self) -> None:
        """Refuse a name that could leave the build folder, and paths that depend on the current folder."""
        if self.environment != BOOTSTRAP:
            check_environment_name(self.environment)
        for path in (self.root, self.build):
            if not path.is_absolute():
                raise ValueError(f"{path} must be absolute: terraform runs in another folder")

    @property
    def data_dir(self) -> Path:
        """TF_DATA_DIR: modules, provider links, backend."""
        return self.build / "terraform"

    @property
    def var_file(self) -> Path:
        """The rendered environment; JSON, because that is literal by definition."""
        return self.build / f"{self.environment}.tfvars.json"

    @property
    def backend_config(self) -> Path:
        """The rendered backend; a root with a local backend has none."""
        return self.build / "backend.hcl"

    @property
    def runs(self) -> Path:
        """One folder a run, each 0700."""
        return self.build / "runs"

    @property
    def init_stamp(self) -> Path:
        """What the last successful init was done for."""
        return self.build / "init.json"

    def run_dir(self, run_id: str) -> Path:
        """Return the folder that holds everything one run left behind."""
        return self.runs / run_id
