"""Reads which drift is known: rows that are complete and end some day, or the file is refused with the place."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_text import Document, Flaw, Position, UnreadableYaml, read_yaml
from studyctl.domain.drift import Ignore
from studyctl.errors import UsageError

MANIFEST = Path("infra") / "drift.yaml"
REQUIRED = frozenset({"where", "reason", "owner", "expires"})
OPTIONAL = frozenset({"attribute"})


def read_ignores(repository: Path) -> tuple[Ignore, ...]:
    """Return the rows of a repository; none where it has no file.

    Raises:
        UsageError: the file cannot be used; every problem is told at once.
    """
    path = repository / MANIFEST
    if not path.is_file():
        return ()
    try:
        document = read_yaml(path.read_bytes())
    except UnreadableYaml as error:
        raise _refused(error.flaws) from None
    value = document.value
    rows = value["ignore"] if set(value) == {"ignore"} else None
    if not isinstance(rows, list):
        raise _refused((Flaw(Position(1, 1), "the file is a list called ignore, and nothing else"),))
    flaws: list[Flaw] = []
    read = [_ignore(row, number, document, flaws) for number, row in enumerate(rows)]
    if flaws:
        raise _refused(tuple(flaws))
    return tuple(ignore for ignore in read if ignore is not None)


def _ignore(row: Any, number: int, document: Document, flaws: list[Flaw]) -> Ignore | None:
    place = document.positions.get(("ignore", number), Position(1, 1))
    if not isinstance(row, dict) or not REQUIRED <= set(row) <= REQUIRED | OPTIONAL:
        flaws.append(Flaw(place, "a row has where, reason, owner and expires, and may have attribute"))
        return None
    if not all(isinstance(value, str) and value for name, value in row.items() if name != "expires"):
        flaws.append(Flaw(place, "where, attribute, reason and owner are texts"))
        return None
    try:
        expires = datetime.date.fromisoformat(str(row["expires"]))
    except ValueError:
        flaws.append(Flaw(place, f"expires is a date such as 2027-11-30, not {row['expires']!r}"))
        return None
    return Ignore(row["where"], row.get("attribute", ""), row["reason"], row["owner"], expires)


def _refused(flaws: tuple[Flaw, ...]) -> UsageError:
    return UsageError(
        f"{MANIFEST} cannot be used",
        why="\n".join(f"{MANIFEST}:{flaw.position.line}:{flaw.position.column}: {flaw.message}" for flaw in flaws),
        hint="How a row looks is in docs/drift.md.",
    )
