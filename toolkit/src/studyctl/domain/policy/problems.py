"""What can be wrong with the text or the grammar of a policy, and where."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studyctl.errors import UsageError


class Position(NamedTuple):
    """A place in a file, or a resource's address in a plan (then without a line).

    Line and column count from 1 and are characters, not bytes.
    """

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Say it as editors and pipelines understand it."""
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class ProblemKind(enum.Enum):
    """Why a policy cannot be judged."""

    SYNTAX = "syntax"
    ENCODING = "encoding"
    DUPLICATE_KEY = "duplicate key"
    TOO_LARGE = "too large"
    TOO_DEEP = "too deep"
    GRAMMAR = "grammar"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `statement` is its index from 0, None outside of statements."""

    kind: ProblemKind
    message: str
    position: Position
    statement: int | None = None
    sid: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.position}: {self.message}"


class PolicyError(UsageError):
    """A policy that cannot be understood. `problems` are all that were found, in the order of the text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first, *rest = self.problems
        super().__init__(
            f"not a policy: {first}" + (f", and {len(rest)} more" if rest else ""),
            why="\n".join(str(problem) for problem in rest),
            hint="A policy that cannot be read is never taken as harmless; mend it and run the command again.",
        )
