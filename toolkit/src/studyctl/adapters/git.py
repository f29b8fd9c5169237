"""Which commit this is, and who is at the keyboard."""

from __future__ import annotations

import getpass
import io
import os
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.errors import Refused, UsageError

READ_SECONDS = 30
ARCHIVE_SECONDS = 60


def describe_commit(repository: Path) -> str:
    """The commit of the working tree, with `-dirty` unless no file differs from it; `unknown` outside a checkout."""
    commit = _git(repository, "rev-parse", "HEAD")
    if commit is None:
        return "unknown"
    differs = _git(repository, "status", "--porcelain", "--untracked-files=no")
    return commit if differs == "" else f"{commit}-dirty"  # None: nobody could say


def describe_actor(environ: Mapping[str, str]) -> str:
    """Who runs this: the pipeline's actor and run where there is one, else user and machine."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return f"{environ.get('GITHUB_ACTOR', 'unknown')} (run {environ.get('GITHUB_RUN_ID', 'unknown')})"
    return f"{_user(environ)}@{socket.gethostname()}"


def changed_paths(repository: Path, base: str) -> tuple[str, ...]:
    """The files that differ between the checkout and where it left `base`; of a renamed file both names.

    Raises:
        UsageError: there is no such commit here.
    """
    known = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    told = _git(repository, "diff", "--name-only", "--no-renames", "-z", f"{known}...HEAD", "--") if known else None
    if told is None:
        raise UsageError(f"{base!r} is no commit of this checkout", hint="Fetch it first: git fetch --unshallow")
    return tuple(path for path in told.split("\0") if path)


@contextmanager
def checked_out(repository: Path, commit: str, folder: Path) -> Iterator[Path]:
    """Hold a copy of what a plan is made from as it was in a commit; the working tree is not touched.

    Raises:
        Refused: this repository does not have that commit.
    """
    names = (_git(repository, "ls-tree", "--name-only", commit) or "").splitlines()
    read = [path for path in INFRASTRUCTURE if path.rstrip("/") in names]  # a commit may be older than some of them
    done = subprocess.run(
        ["git", "-C", str(repository), "archive", "--format=tar", commit, "--", *read],
        capture_output=True,
        timeout=ARCHIVE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(
            f"commit {commit} cannot be read here",
            why=done.stderr.decode("utf-8", "replace").strip(),
            hint="Fetch it first: git fetch --all",
        )
    there = folder / commit
    there.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(there, filter="data")
        yield there
    finally:
        shutil.rmtree(there)


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
