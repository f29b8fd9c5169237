"""Where the pipeline's own files are. Reading them takes YAML, which a checkout without any need not load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDER = ".github"


def has_pipeline(root: Path) -> bool:
    """Whether a checkout has workflows."""
    return (root / FOLDER / "workflows").is_dir()


def workflow_paths(root: Path) -> Iterator[Path]:
    """Yield workflows, then composite actions."""
    for folder, pattern in (("workflows", "*.y*ml"), ("actions", "*/action.y*ml")):
        yield from sorted((root / FOLDER / folder).glob(pattern))
