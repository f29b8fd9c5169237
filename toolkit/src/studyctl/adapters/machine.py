"""What this machine offers to a deploy, in words; what it lacks, as an error with the fix."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from studyctl.adapters.terraform import binary, cli_config, lock_file
from studyctl.errors import PreflightFailed

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_MIB = 2048
"""An unpacked provider is 675 MB; two versions side by side during an upgrade, and room for plans and logs."""


def python() -> str:
    """The interpreter."""
    if sys.version_info < MINIMUM_PYTHON:
        raise PreflightFailed(
            f"Python {platform.python_version()} is too old", hint="Install 3.11 or newer: make PYTHON=python3.11"
        )
    return f"{platform.python_version()} at {sys.executable}"


def git(environ: Mapping[str, str]) -> str:
    """Git, which tells the commit that is deployed."""
    path = shutil.which("git", path=environ.get("PATH"))
    if path is None:
        raise PreflightFailed(
            "git is not on PATH, so records will not say which commit was deployed", hint="Install git."
        )
    return path


def terraform(environ: Mapping[str, str]) -> str:
    """The terraform that will run, and where it was found."""
    found = binary.find(environ)
    return f"{found.version}, from {found.source}"


def provider(environ: Mapping[str, str], root: Path) -> str:
    """Where the locked provider will come from."""
    locked = lock_file.locked_versions(root)
    if not locked:
        raise PreflightFailed(
            f"{root / lock_file.NAME} is missing or names no provider",
            hint=f"Restore it: git checkout -- {root / lock_file.NAME}",
        )
    words = []
    for address, version in locked.items():
        mirror = next((m for m in cli_config.find_mirrors(environ) if m.offers(address, locked)), None)
        words.append(f"{address} {version} from {mirror.path if mirror else 'the registry (needs the network)'}")
    return ", ".join(words)


def emulator_package() -> str:
    """Whether the emulator can run here."""
    if find_spec("moto") is None:
        raise PreflightFailed(
            "the emulator is not installed, so only real accounts can be deployed to",
            hint='Install it: pip install "studyctl[emulator]"',
        )
    return f"moto {metadata.version('moto')}"


def disk(folder: Path) -> str:
    """Room for providers, plans and logs."""
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib < MINIMUM_FREE_MIB:
        raise PreflightFailed(
            f"only {free_mib} MiB are free on the disk of {folder}",
            why="A provider takes 675 MiB, and a plan that does not fit is lost.",
            hint="Make room, or remove build results: make clean",
        )
    return f"{free_mib // 1024} GiB free"
