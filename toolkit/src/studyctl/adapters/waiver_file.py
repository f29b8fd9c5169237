"""Reads the manifest of waivers; every row is complete, or the file is refused with the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_rows import BadRow, date_of, read_rows
from studyctl.adapters.yaml_text import Position as Place
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.waivers import MANIFEST, Waiver

FIELDS = frozenset({"rule", "where", "reason", "owner", "expires"})


def read_waivers(repository: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a repository; none where it has no manifest.

    Raises:
        UsageError: the manifest cannot be used; every problem is told at once.
    """
    return read_rows(repository, MANIFEST, "waivers", _waiver, hint="How a row looks is in docs/lint.md.")


def _waiver(row: Any, place: Place) -> Waiver:
    if not isinstance(row, dict) or set(row) != FIELDS:
        raise BadRow(f"a row has exactly {', '.join(sorted(FIELDS))}")
    where = row["where"]
    texts = [row["rule"], row["reason"], row["owner"], *(where if isinstance(where, list) else [None])]
    if not all(isinstance(text, str) and text for text in texts):
        raise BadRow("rule, reason and owner are texts, where is a list of texts")
    position = Position(MANIFEST.as_posix(), place.line, place.column)
    return Waiver(row["rule"], tuple(where), row["reason"], row["owner"], date_of(row["expires"]), position)
