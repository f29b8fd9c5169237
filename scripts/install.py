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
        pip(arguments.folder, "--require-hashes", "-r", str(arguments.requirements))
        return
    pip(arguments.folder, "--require-hashes", "-r", "requirements/dev.txt")
    if not has_terraform():
        say("No terraform or tofu on PATH: installing Terraform as a library")
        pip(arguments.folder, "--require-hashes", "-r", "requirements/terraform.txt")
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


def pip(folder: Path, *arguments: str) -> None:
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], cwd=REPOSITORY, check=False)
    if done.returncode:
        sys.exit("error: the packages could not be installed\n  pip's words are above; then run the same make again")


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
