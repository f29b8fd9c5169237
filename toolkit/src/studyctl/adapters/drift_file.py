"""Reads which drift is known: rows that are complete and end some day, or the file is refused with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_rows import BadRow, date_of, read_rows
from studyctl.adapters.yaml_text import Position
from studyctl.domain.drift import Ignore

MANIFEST = Path("infra") / "drift.yaml"
REQUIRED = frozenset({"where", "reason", "owner", "expires"})
OPTIONAL = frozenset({"attribute"})


def read_ignores(repository: Path) -> tuple[Ignore, ...]:
    """Return the rows of a repository; none where it has no file.

    Raises:
        UsageError: the file cannot be used; every problem is told at once.
    """
    return read_rows(repository, MANIFEST, "ignore", _ignore, hint="How a row looks is in docs/drift.md.")


def _ignore(row: Any, _place: Position) -> Ignore:
    if not isinstance(row, dict) or not REQUIRED <= set(row) <= REQUIRED | OPTIONAL:
        raise BadRow("a row has where, reason, owner and expires, and may have attribute")
    if not all(isinstance(value, str) and value for name, value in row.items() if name != "expires"):
        raise BadRow("where, attribute, reason and owner are texts")
    return Ignore(row["where"], row.get("attribute", ""), row["reason"], row["owner"], date_of(row["expires"]))
