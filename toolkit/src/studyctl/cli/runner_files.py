"""What GitHub's runner reads of a step: its summary and its outputs. Elsewhere there are no such files."""

from __future__ import annotations

import os
from pathlib import Path

SUMMARY = "GITHUB_STEP_SUMMARY"
OUTPUT = "GITHUB_OUTPUT"


def is_read(md: Path | None = None) -> bool:
    """Whether anybody reads a summary."""
    return md is not None or bool(os.environ.get(SUMMARY))


def publish(markdown: str, md: Path | None = None) -> None:
    """Write a summary where it was asked for (`--md`), and add it to that of the step."""
    if md is not None:
        md.write_text(markdown, "utf-8")
    _append(SUMMARY, markdown.rstrip("\n") + "\n\n")


def set_output(**values: str) -> None:
    """Hand values to later jobs. They are ours: one line each."""
    _append(OUTPUT, "".join(f"{name}={value}\n" for name, value in values.items()))


def _append(variable: str, text: str) -> None:
    name = os.environ.get(variable)
    if name:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)
