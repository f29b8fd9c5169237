"""Reads monitoring/*.yaml: every row is what it may be and all of them fit together, or all problems are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from studyctl.adapters.yaml_rows import BadRow, read_rows
from studyctl.adapters.yaml_text import Position
from studyctl.domain.monitoring.alerts import Alert, Composite, Notice, Row
from studyctl.domain.monitoring.dashboards import Dashboard
from studyctl.domain.monitoring.logs import LogCount, LogQuery
from studyctl.domain.monitoring.objectives import BurnAlert, Objective
from studyctl.domain.monitoring.watch import Watch
from studyctl.errors import UsageError

FOLDER = Path("monitoring")
HINT = "What each key means is in docs/monitoring.md."

R = TypeVar("R", bound=Row)


def read_watch(repository: Path) -> Watch:
    """Return what is watched.

    Raises:
        UsageError: a file cannot be used; every problem of it is told at once, with its place.
    """
    watch = Watch(
        alerts=_rows(repository, "alerts", Alert),
        composites=_rows(repository, "composites", Composite),
        objectives=_rows(repository, "objectives", Objective),
        burn_alerts=_rows(repository, "burn_alerts", BurnAlert),
        notices=_rows(repository, "notices", Notice),
        dashboards=_rows(repository, "dashboards", Dashboard),
        log_counts=_rows(repository, "log_counts", LogCount),
        log_queries=_rows(repository, "log_queries", LogQuery),
    )
    if problems := tuple(watch.problems()):
        raise UsageError("monitoring/*.yaml do not fit together", why="\n".join(problems), hint=HINT)
    return watch


def _rows(repository: Path, name: str, kind: type[R]) -> tuple[R, ...]:
    def parse(row: Any, _: Position) -> R:
        try:
            return kind.model_validate(row)
        except ValidationError as error:
            raise BadRow(f"{_named(row)}{'; '.join(map(_words, error.errors()))}") from None

    return read_rows(repository, FOLDER / f"{name}.yaml", name, parse, hint=HINT)


def _named(row: Any) -> str:
    return f"{row['name']}: " if isinstance(row, dict) and isinstance(row.get("name"), str) else ""


def _words(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
