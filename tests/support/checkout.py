"""A copy of what a deploy reads, so that tests never touch the developer's build folder, state or emulator."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studyctl.wiring import BUILD, emulator_folder

REPOSITORY = Path(__file__).resolve().parents[2]
READ_BY_A_DEPLOY = ("environments", "iam-policies", "infra", "monitoring", "terraform")
LEFT_BEHIND = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "tests")


@dataclass(frozen=True)
class Checkout:
    """A folder that `studyctl` takes for the repository."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> Checkout:
        """Copy the repository's inputs into `folder`."""
        for name in READ_BY_A_DEPLOY:
            shutil.copytree(REPOSITORY / name, folder / name, ignore=LEFT_BEHIND)
        return cls(folder)

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
