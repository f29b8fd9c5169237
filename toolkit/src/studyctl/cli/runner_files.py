"""What GitHub's runner reads of a step: its summary and its outputs. Elsewhere there are no such files."""

from __future__ import annotations

import os
from pathlib import Path

from studyctl.errors import UsageError

SUMMARY = "GITHUB_STEP_SUMMARY"
OUTPUT = "GITHUB_OUTPUT"


def may_be_written(path: Path | None) -> Path | None:
    """Stop before any work is done for a file that cannot be written; the check of an option.

    Raises:
        UsageError: its folder is not there, or one of the two may not be written to.
    """
    if path is not None:
        _require_writable(path, path.parent)
    return path


def may_be_made(path: Path | None) -> Path | None:
    """The same, for what also makes the folders that are missing.

    Raises:
        UsageError: as above.
    """
    if path is not None:
        _require_writable(path, next(folder for folder in path.absolute().parents if os.path.lexists(folder)))
    return path


def _require_writable(path: Path, folder: Path) -> None:
    if path.is_dir():
        why = "it is a folder"
    elif not folder.is_dir():
        why = f"{folder} is no folder" if os.path.lexists(folder) else f"there is no folder {folder}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why = "it may not be written to"
    else:
        return
    raise UsageError(f"{path} cannot be written: {why}", why="Nothing was done.", hint="Name another file.")


def is_read(md: Path | None = None) -> bool:
    """Whether anybody reads a summary."""
    return md is not None or bool(os.environ.get(SUMMARY))


def publish(markdown: str, md: Path | None = None, *, brief: str | None = None) -> None:
    """Write a summary where it was asked for (`--md`), and add it to that of the step, which may be longer."""
    if md is not None:
        md.write_text(markdown if brief is None else brief, "utf-8")
    _append(SUMMARY, markdown.rstrip("\n") + "\n\n")


def set_output(**values: str) -> None:
    """Hand values to later jobs. They are ours: one line each."""
    _append(OUTPUT, "".join(f"{name}={value}\n" for name, value in values.items()))


def _append(variable: str, text: str) -> None:
    name = os.environ.get(variable)
    if name:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
