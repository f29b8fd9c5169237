"""A repository that jobs fetch from."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


class Origin:
    """A working tree with one branch, main."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", "--initial-branch", "main")
        self._git("config", "uploadpack.allowAnySHA1InWant", "true")
        self._git("config", "user.name", "Ada")
        self._git("config", "user.email", "ada@example.com")
        self._git("config", "commit.gpgsign", "false")

    @property
    def head(self) -> str:
        """The newest commit."""
        return self._git("rev-parse", "HEAD")

    def commit(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """Write files, commit everything there is, and return the commit."""
        for name, text in (files or {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a piece of a file; it must stand there exactly once."""
        file = self.folder / path
        text = file.read_text("utf-8")
        assert text.count(before) == 1, f"{path} has {before!r} {text.count(before)} times"
        file.write_text(text.replace(before, after), "utf-8")

    def _git(self, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(self.folder), *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()
