"""Reads the pipeline's own files: workflows, composite actions, CODEOWNERS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studyctl.adapters.pipeline_folder import FOLDER, workflow_paths
from studyctl.adapters.yaml_text import UnreadableYaml, read_yaml
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.workflow_rules.subject import OwnerLine, Pipeline, PipelineFile
from studyctl.errors import UsageError


def read_pipeline(root: Path) -> Pipeline:
    """Return the pipeline of a checkout.

    Raises:
        UsageError: a file is no YAML, or uses what is refused in ours (anchors, tags).
    """
    return Pipeline(tuple(_file(path, root) for path in workflow_paths(root)), tuple(_owner_lines(root)))


def _file(path: Path, root: Path) -> PipelineFile:
    name = path.relative_to(root).as_posix()
    try:
        document = read_yaml(path.read_bytes())
    except UnreadableYaml as unreadable:
        flaws = "\n".join(f"{name}:{f.position.line}:{f.position.column}: {f.message}" for f in unreadable.flaws)
        raise UsageError(f"{name} cannot be read", why=flaws) from unreadable
    positions = {
        place: Position(name, position.line, position.column) for place, position in document.positions.items()
    }
    return PipelineFile(name, document.value, positions)


def _owner_lines(root: Path) -> Iterator[OwnerLine]:
    path = root / FOLDER / "CODEOWNERS"
    if path.is_file():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            words = line.partition("#")[0].split()
            if words:
                yield OwnerLine(words[0], tuple(words[1:]), Position(path.relative_to(root).as_posix(), number, 1))
