"""What a pull request may do in the pipeline, by the files that it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studyctl.errors import Refused

INERT = ("docs/", "tests/", "README.md", ".gitignore")
"""What no job that can reach an account reads. Everything that is not named here or below runs in one, or might:
beside the Makefile make also takes a `GNUmakefile`, Python a `sitecustomize.py`."""
INFRASTRUCTURE = ("environments/", "iam-policies/", "infra/", "monitoring/", "terraform/")
"""What a plan is made from."""


@dataclass(frozen=True)
class Scope:
    """The changed files of both kinds; tests and pages belong to neither and change no plan."""

    pipeline: tuple[str, ...]
    infrastructure: tuple[str, ...]

    @property
    def has_plan(self) -> bool:
        """Whether there is something to plan, by a pipeline that main already has."""
        return bool(self.infrastructure) and not self.pipeline


def scope_of(changed: Iterable[str]) -> Scope:
    """Sort changed files, told from the top of the repository."""
    paths = sorted(changed)
    return Scope(
        tuple(path for path in paths if not _is_in(path, (*INERT, *INFRASTRUCTURE))),
        tuple(path for path in paths if _is_in(path, INFRASTRUCTURE)),
    )


def _is_in(path: str, places: tuple[str, ...]) -> bool:
    """Whether it is one of the files, or below one of the folders, whose names end with a slash."""
    return path in places or path.startswith(tuple(place for place in places if place.endswith("/")))


def require_one_kind(scope: Scope) -> None:
    """Stop a change that would judge itself: what plans it would be its own.

    Raises:
        Refused: pipeline and infrastructure change together.
    """
    if scope.pipeline and scope.infrastructure:
        raise Refused(
            "this changes the pipeline and what it plans together, so nothing of it gets credentials",
            why=f"Pipeline: {_few(scope.pipeline)}\nInfrastructure: {_few(scope.infrastructure)}",
            hint="Make two pull requests: first the pipeline, then, planned by it, the infrastructure.",
        )


def _few(paths: tuple[str, ...], limit: int = 5) -> str:
    return ", ".join(paths[:limit]) + (f" and {len(paths) - limit} more" if len(paths) > limit else "")
