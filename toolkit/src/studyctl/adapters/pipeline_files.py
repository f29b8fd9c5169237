"""Reads the pipeline's own files: workflows, composite actions, CODEOWNERS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studyctl.adapters.pipeline_folder import FOLDER, workflow_paths
from studyctl.adapters.yaml_text import Flaw, UnreadableYaml, read_yaml
from studyctl.adapters.yaml_text import Position as Place
from studyctl.domain.policy.problems import Position, Problem, ProblemKind
from studyctl.domain.policy.rules.subjects import Unreadable
from studyctl.domain.policy.workflow_rules.subject import OwnerLine, Pipeline, PipelineFile


def read_pipeline(root: Path) -> Pipeline:
    """Return the pipeline of a checkout. A file that is no YAML, or has what is refused in ours, is in `unreadable`."""
    read = [_file(path, root) for path in workflow_paths(root)]
    return Pipeline(
        tuple(one for one in read if isinstance(one, PipelineFile)),
        tuple(_owner_lines(root)),
        unreadable=tuple(one for one in read if isinstance(one, Unreadable)),
    )


def _file(path: Path, root: Path) -> PipelineFile | Unreadable:
    name = path.relative_to(root).as_posix()
    try:
        document = read_yaml(path.read_bytes())
    except UnreadableYaml as unreadable:
        return Unreadable(name, tuple(_problem(name, flaw) for flaw in unreadable.flaws))
    except OSError as error:
        flaw = Flaw(Place(0, 0), f"it cannot be read: {error.strerror}")
        return Unreadable(name, (_problem(name, flaw),))
    positions = {
        place: Position(name, position.line, position.column) for place, position in document.positions.items()
    }
    return PipelineFile(name, document.value, positions)


def _problem(name: str, flaw: Flaw) -> Problem:
    return Problem(ProblemKind.SYNTAX, flaw.message, Position(name, flaw.position.line, flaw.position.column))


def _owner_lines(root: Path) -> Iterator[OwnerLine]:
    path = root / FOLDER / "CODEOWNERS"
    if path.is_file():
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
            words = line.partition("#")[0].split()
            if words:
                yield OwnerLine(words[0], tuple(words[1:]), Position(path.relative_to(root).as_posix(), number, 1))
