"""A repository on the stand-in for GitHub, whose jobs work on one emulated account."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.checkout import LEFT_BEHIND, REPOSITORY
from tests.support.command_line import FOREIGN, KEPT, CommandLine
from tests.support.pipeline.account import EmulatedAccount
from tests.support.pipeline.hosting import Environment, GitHub
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.programs.gh import ISSUES
from tests.support.pipeline.programs.registry import EMULATOR

from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.adapters.pipeline_file import read_pipeline_identity
from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.domain.target import EMULATED_ACCOUNT_ID

READ_BY_A_JOB = (*INFRASTRUCTURE, ".github", "requirements", "scripts", "toolkit/src")
FILES_OF_A_JOB = ("Makefile", "pyproject.toml")
PROGRAMS = ("aws", "docker", "gh")
OUTLIVES_A_JOB = ("emulator", "keys")
"""Of a build folder: the account, and the key of plans that KMS keeps where there is an account."""
IDENTITY = """\
repository:
  owner: example
  owner_id: "1001"
  name: study
  id: "2002"
"""
REGION = "us-east-1"


@dataclass
class Lab:
    """Everything below one folder. `clone` is where a person commits; `build` is what studyctl keeps."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """More variables of every job."""

    def __post_init__(self) -> None:
        self.build.mkdir(parents=True)
        self.clone.mkdir()
        for name in READ_BY_A_JOB:
            shutil.copytree(REPOSITORY / name, self.clone / name, ignore=LEFT_BEHIND)
        for name in FILES_OF_A_JOB:
            shutil.copyfile(REPOSITORY / name, self.clone / name)
        (self.clone / "infra" / "pipeline.yaml").write_text(IDENTITY, "utf-8")
        (self.clone / ".gitignore").write_text(".build\n.venv\n__pycache__/\n.terraform/\n", "utf-8")
        self.origin = Origin(self.clone)
        self._equip(self.clone)

    @property
    def clone(self) -> Path:
        """The repository; jobs fetch from it."""
        return self.folder / "clone"

    @property
    def build(self) -> Path:
        """The build folder of whoever works: a person's lasts, a job begins with the account only."""
        return self.folder / "build"

    @property
    def emulator_folder(self) -> Path:
        """The emulator's."""
        return self.build / "emulator"

    @cached_property
    def studyctl(self) -> CommandLine:
        """The command line of the person."""
        return CommandLine(self.clone, dict(self.variables))

    def github(self, endpoint: EmulatorEndpoint) -> GitHub:
        """The hosting side, without environments."""
        identity = read_pipeline_identity(self.clone)
        assert identity is not None
        return GitHub(
            folder=self.folder / "github",
            origin=self.clone,
            repository=identity.repository,
            account=EmulatedAccount(endpoint),
            machine=self._machine(),
            equip=self._equip_job,
        )

    def environments(self, roles: Mapping[str, str]) -> dict[str, Environment]:
        """The environments that docs/pipeline.md says to make, with the ARNs that bootstrap printed."""
        variables = {"ACCOUNT_ID": EMULATED_ACCOUNT_ID, "REGION": REGION}
        found = {}
        for name in ("staging", "prod"):
            found[name] = Environment({**variables, "ROLE_ARN": roles[f"{name}-apply"], "SOURCE_ROLE_ARN": ""})
            for which in (f"{name}-plan", f"{name}-drift"):
                found[which] = Environment({**variables, "ROLE_ARN": roles[which]})
        return found

    def ledger(self, name: str) -> list[dict[str, Any]]:
        """The releases of an environment, newest first, as `studyctl releases` tells them."""
        entries: list[dict[str, Any]] = json.loads(self.studyctl("releases", name, "--json").must(0).stdout)["entries"]
        return entries

    def _machine(self) -> dict[str, str]:
        """A runner: this machine without the developer's settings, and with the stand-ins first on PATH."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN) or k in KEPT}
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        for name in PROGRAMS:
            path = programs / name
            module = f"tests.support.pipeline.programs.{name}"
            path.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m {module} "$@"\n', "utf-8")
            path.chmod(0o755)
        return {
            **inherited,
            **self.variables,
            "PATH": f"{programs}:{inherited['PATH']}",
            EMULATOR: str(self.emulator_folder),
            ISSUES: str(self.folder / "github" / "issues"),
        }

    def _equip_job(self, workspace: Path) -> None:
        for path in self.build.iterdir():
            if path.name not in OUTLIVES_A_JOB:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._equip(workspace)

    def _equip(self, workspace: Path) -> None:
        """The toolkit is installed already, and the account is where it was."""
        (workspace / ".venv").symlink_to(sys.prefix)
        (workspace / ".build").symlink_to(self.build)
