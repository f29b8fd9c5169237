"""Reads environment files; only this knows where they are and at which line a key stands.

Nothing is trusted: neither the name, nor where the file leads, nor how big, deep or strange it is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from studyctl.adapters.yaml_text import Document, Flaw, Position, UnreadableYaml, read_yaml
from studyctl.domain.environment import Environment, InvalidEnvironment, Problem, parse_environment
from studyctl.domain.environment.parsing import dotted, nearest
from studyctl.domain.workspace import NAME_PATTERN, check_environment_name
from studyctl.errors import PreflightFailed, UsageError

FOLDER: Final = "environments"
SUFFIX: Final = ".yaml"
MAX_BYTES: Final = 256 * 1024
MAX_SHOWN: Final = 20


class InvalidSpec(UsageError):
    """An environment file that cannot be used. `flaws` says everything that was found, in the order of the file."""

    def __init__(self, file: str, flaws: tuple[Flaw, ...]) -> None:
        count = "a problem" if len(flaws) == 1 else f"{len(flaws)} problems"
        lines = [f"{file}:{flaw.position.line}:{flaw.position.column}: {flaw.message}" for flaw in flaws[:MAX_SHOWN]]
        if len(flaws) > MAX_SHOWN:
            lines.append(f"... and {len(flaws) - MAX_SHOWN} more")
        super().__init__(
            f"{file} has {count}; nothing was changed",
            why="\n".join(lines),
            hint="Every key is explained in docs/configuration.md.",
        )
        self.flaws = flaws


class SpecFiles:
    """The environment files of a repository."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository

    def names(self) -> tuple[str, ...]:
        """The environments that exist, in alphabetical order. A file whose name cannot name one is none."""
        files = (self._repository / FOLDER).glob(f"*{SUFFIX}")
        return tuple(sorted(file.stem for file in files if NAME_PATTERN.fullmatch(file.stem)))

    def load(self, name: str) -> Environment:
        """Read one environment.

        Raises:
            UsageError: no such environment, or its file is wrong; every problem is told at once.
            PreflightFailed: the file exists but may not be read.
        """
        check_environment_name(name)
        shown = f"{FOLDER}/{name}{SUFFIX}"
        content = self._read(name, shown)
        try:
            document = read_yaml(content)
            return parse_environment(document.value, name=name)
        except UnreadableYaml as error:
            raise InvalidSpec(shown, error.flaws) from None
        except InvalidEnvironment as error:
            flaws = sorted((_locate(problem, document) for problem in error.problems), key=lambda flaw: flaw.position)
            raise InvalidSpec(shown, tuple(flaws)) from None

    def _read(self, name: str, shown: str) -> bytes:
        path = self._repository / FOLDER / f"{name}{SUFFIX}"
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(self._repository.resolve()):
                raise UsageError(
                    f"{shown} leads out of the repository, to {real}",
                    why="What an environment is must be reviewed with the code that deploys it.",
                    hint=f"Replace the link by a copy: cp --remove-destination {real} {path}",
                )
            return _read_bounded(real, shown)
        except FileNotFoundError:
            raise self._unknown(name) from None
        except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other, before Python 3.13
            raise PreflightFailed(f"{shown} cannot be read: {error}", hint=f"Look at it with: ls -l {path}") from error

    def _unknown(self, name: str) -> UsageError:
        known = self.names()
        other = self._repository / FOLDER / f"{name}.yml"
        if other.exists():
            return UsageError(f"there is no environment {name}", hint=f"Rename {FOLDER}/{name}.yml to {name}{SUFFIX}.")
        return UsageError(
            f"there is no environment {name}",
            why=nearest(name, known).capitalize() or f"There is no {FOLDER}/{name}{SUFFIX}.",
            hint=f"Known environments: {', '.join(known) or 'none'}. List them with: studyctl env list",
        )


def _read_bounded(path: Path, shown: str) -> bytes:
    # O_NONBLOCK: opening a named pipe would wait for a writer for ever. O_NOFOLLOW: the path was resolved already.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{shown} is not a file", hint=f"Look at it with: ls -l {path}")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(
            f"{shown} is larger than {MAX_BYTES // 1024} KiB",
            why="An environment is a page of settings.",
            hint="Every key is explained in docs/configuration.md.",
        )
    return content


def _locate(problem: Problem, document: Document) -> Flaw:
    """Where the value stands; for what is missing, where the nearest part above it stands."""
    path = problem.path
    while path and path not in document.positions:
        path = path[:-1]
    return Flaw(document.positions.get(path, Position(1, 1)), f"{dotted(problem.path)}: {problem.message}")
