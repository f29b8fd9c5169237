"""A copy of what a deploy reads. Tests touch nothing of the developer's: repository, build folder, state, emulator."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.wiring import BUILD, emulator_folder

REPOSITORY = Path(__file__).resolve().parents[2]
FREEZE = """
deployments:
  freezes: [{ begins: "2001-01-01 00:00", ends: "2099-12-31 00:00", timezone: UTC, reason: century }]
  applies_to_emulator: true
"""
LEFT_BEHIND = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "tests")


@dataclass(frozen=True)
class Checkout:
    """A folder that `studyctl` takes for the repository."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> Checkout:
        """Copy the repository's inputs into `folder`."""
        for name in INFRASTRUCTURE:
            shutil.copytree(REPOSITORY / name, folder / name, ignore=LEFT_BEHIND)
        shutil.copy(REPOSITORY / ".gitignore", folder)
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
        copied = cls(folder)
        copied.commit("as copied")
        return copied

    def commit(self, message: str) -> None:
        """Commit what the working tree holds."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--no-gpg-sign", "--message", message)

    @property
    def head(self) -> str:
        """The id of the last commit."""
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), "-c", "user.name=tests", "-c", "user.email=tests@example.com"]
        return subprocess.run([*command, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    @property
    def build(self) -> Path:
        """What commands leave behind."""
        return self.folder / BUILD

    @property
    def emulator_folder(self) -> Path:
        """Where commands look for the emulator."""
        return emulator_folder(self.folder)

    def environment_file(self, name: str) -> Path:
        """The file of one environment."""
        return self.folder / "environments" / f"{name}.yaml"

    def frozen(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Freeze an environment for a while, on the emulator too."""
        return self.edited(name, "\ndomain:\n", FREEZE + "\ndomain:\n")

    @contextlib.contextmanager
    def edited(self, name: str, before: str, after: str) -> Iterator[None]:
        """Replace a piece of an environment's file for a while; it must stand there exactly once."""
        path = self.environment_file(name)
        original = path.read_text("utf-8")
        assert original.count(before) == 1, f"{path.name} has {before!r} {original.count(before)} times"
        path.write_text(original.replace(before, after), "utf-8")
        try:
            yield
        finally:
            path.write_text(original, "utf-8")
