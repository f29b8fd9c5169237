"""Files that are one list of rows, each with a date: read whole, or refused with every problem and its place."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from studyctl.adapters.yaml_text import Flaw, Position, UnreadableYaml, read_yaml
from studyctl.errors import UsageError

MAX_BYTES = 1_048_576

T = TypeVar("T")


class BadRow(ValueError):
    """A row that says something else than a row may."""


def read_rows(
    repository: Path, file: Path, name: str, parse: Callable[[Any, Position], T], *, hint: str
) -> tuple[T, ...]:
    """Return what `parse` makes of each row of the list `name`; nothing where there is no file.

    Raises:
        UsageError: the file cannot be used; every problem is told at once.
    """
    path = repository / file
    if not path.is_file():
        return ()
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        raise UsageError(f"{file} is larger than {MAX_BYTES // 1024} KiB")
    try:
        document = read_yaml(content)
    except UnreadableYaml as error:
        raise _refused(file, error.flaws, hint) from None
    rows = document.value.get(name)
    if not isinstance(rows, list) or set(document.value) != {name}:
        raise _refused(file, (Flaw(Position(1, 1), f"the file is a list called {name}, and nothing else"),), hint)
    flaws: list[Flaw] = []
    read: list[T] = []
    for number, row in enumerate(rows):
        place = document.positions.get((name, number), Position(1, 1))
        try:
            read.append(parse(row, place))
        except BadRow as error:
            flaws.append(Flaw(place, str(error)))
    if flaws:
        raise _refused(file, tuple(flaws), hint)
    return tuple(read)


def date_of(value: Any) -> datetime.date:
    """Return the day on which a row is over.

    Raises:
        BadRow: it is no date.
    """
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise BadRow(f"expires is a date such as 2027-11-30, not {value!r}") from None


def _refused(file: Path, flaws: tuple[Flaw, ...], hint: str) -> UsageError:
    return UsageError(
        f"{file} cannot be used",
        why="\n".join(f"{file}:{flaw.position.line}:{flaw.position.column}: {flaw.message}" for flaw in flaws),
        hint=hint,
    )
