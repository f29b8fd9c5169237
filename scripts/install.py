"""Fill a virtual environment from a lock with hashes. Runs with nothing but Python's standard library."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
MINIMUM = (3, 11)
PIP_FLAGS = ("--quiet", "--disable-pip-version-check")
UV_FLAGS = ("--quiet", "--require-hashes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requirements", type=Path, help="only this lock, without the toolkit itself")
    arguments = parser.parse_args()
    if sys.version_info < MINIMUM:
        sys.exit(f"error: Python {sys.version.split()[0]} is too old\n  Run: make PYTHON=python3.11 (or newer)")
    say(f"Installing into {arguments.folder} (once; later runs skip this)")
    venv.EnvBuilder(with_pip=True, clear=not is_usable(arguments.folder)).create(arguments.folder)
    if arguments.requirements:
        install_lock(arguments.folder, str(arguments.requirements))
        return
    install_lock(arguments.folder, "requirements/dev.txt")
    if not has_terraform():
        say("No terraform or tofu on PATH: installing Terraform as a library")
        install_lock(arguments.folder, "requirements/terraform.txt")
    pip(arguments.folder, "--no-deps", "--no-build-isolation", "--editable", ".")


def has_terraform() -> bool:
    return bool(os.environ.get("STUDYCTL_TERRAFORM") or shutil.which("terraform") or shutil.which("tofu"))


def is_usable(folder: Path) -> bool:
    """A virtual environment made by another Python, or moved, is made anew."""
    python = folder / "bin" / "python"
    if not python.exists():
        return False
    version = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    return version.stdout.strip() == str(sys.version_info[:2])


def install_lock(folder: Path, lock: str) -> None:
    """Install exactly what the lock names: with uv where it can be had, else with pip."""
    python = str(folder / "bin" / "python")
    quick = [python, "-m", "pip", "install", *PIP_FLAGS, "--require-hashes", "-r", "requirements/installer.txt"]
    if succeeds(quick) and succeeds([python, "-m", "uv", "pip", "install", *UV_FLAGS, "--python", python, "-r", lock]):
        return
    say("uv could not do it; installing with pip, which takes some minutes")
    pip(folder, "--require-hashes", "-r", lock)


def pip(folder: Path, *arguments: str) -> None:
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", *PIP_FLAGS, *arguments]
    if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
        sys.exit("error: the packages could not be installed\n  pip's words are above; then run the same make again")


def succeeds(command: list[str]) -> bool:
    environment = {**os.environ, **index_of_pip()}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, check=False).returncode == 0


def index_of_pip() -> dict[str, str]:
    """Whoever told pip to use another index means uv too."""
    told = (
        os.environ.get("PIP_INDEX_URL")
        or subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    )
    return {"UV_DEFAULT_INDEX": told} if told else {}


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
