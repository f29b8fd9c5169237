"""GitHub's own side: a repository, its environments and their protection, what runs hand on, and issues."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studyctl.domain.pipeline_identity import Repository

ISSUER = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Environment:
    """An environment of the repository: its variables, and whether those who must agree did."""

    variables: Mapping[str, str]
    is_approved: bool = True


@dataclass(frozen=True)
class Event:
    """What starts a run. `payload` is `github.event`."""

    name: str
    sha: str
    ref: str = "refs/heads/main"
    inputs: Mapping[str, str] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


class Account(Protocol):
    """Who trades a job's token for credentials."""

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        """The variables that hold the credentials.

        Raises:
            NotTrusted: the role does not trust that token.
        """
        ...


class NotTrusted(Exception):
    """A role was asked for that does not trust the job."""


@dataclass
class GitHub:
    """Everything that outlives a job. `machine` are the variables of every runner, `equip` fills a fresh checkout."""

    folder: Path
    origin: Path
    repository: Repository
    account: Account
    machine: Mapping[str, str]
    equip: Callable[[Path], None] = lambda _: None
    environments: dict[str, Environment] = field(default_factory=dict)
    runs: int = 0

    @property
    def full_name(self) -> str:
        """As in github.com/OWNER/NAME."""
        return f"{self.repository.owner}/{self.repository.name}"

    @property
    def issues(self) -> Path:
        """A file for each issue; programs/gh writes them."""
        return self.folder / "issues"

    def artifacts(self, run_id: int) -> Path:
        """What the jobs of a run hand on."""
        return self.folder / "artifacts" / str(run_id)

    def checked_out(self, sha: str) -> Path:
        """The pipeline as it is in a commit; GitHub reads it without a checkout."""
        there = self.folder / "commits" / sha
        if not there.exists():
            told = subprocess.run(
                ["git", "-C", str(self.origin), "archive", "--format=tar", sha, "--", ".github"],
                capture_output=True,
                check=True,
            )
            with tarfile.open(fileobj=io.BytesIO(told.stdout)) as archive:
                archive.extractall(there, filter="data")
        return there

    def claims(self, event: Event, environment: str) -> dict[str, str]:
        """What GitHub's token says of a job: its ref, and a subject that names the environment where there is one."""
        found = self.repository
        name = f"{found.owner}@{found.owner_id}/{found.name}@{found.id}" if found.has_ids_in_subject else self.full_name
        if environment:
            where = f"environment:{environment}"
        else:
            where = "pull_request" if event.name == "pull_request" else f"ref:{event.ref}"
        return {"aud": "sts.amazonaws.com", "sub": f"repo:{name}:{where}", "ref": event.ref}
