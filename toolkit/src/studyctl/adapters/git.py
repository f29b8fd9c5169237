"""Which commit this is, and who is at the keyboard."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

READ_SECONDS = 10


def describe_commit(repository: Path) -> str:
    """The commit of the working tree, with `-dirty` when files differ from it; `unknown` outside a checkout."""
    commit = _git(repository, "rev-parse", "HEAD")
    if commit is None:
        return "unknown"
    return f"{commit}-dirty" if _git(repository, "status", "--porcelain", "--untracked-files=no") else commit


def describe_actor(environ: Mapping[str, str]) -> str:
    """Who runs this: the pipeline's actor and run where there is one, else user and machine."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return f"{environ.get('GITHUB_ACTOR', 'unknown')} (run {environ.get('GITHUB_RUN_ID', 'unknown')})"
    return f"{_user(environ)}@{socket.gethostname()}"


def _user(environ: Mapping[str, str]) -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return environ.get("USER") or str(os.getuid())


def _git(repository: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            text=True,
            timeout=READ_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
