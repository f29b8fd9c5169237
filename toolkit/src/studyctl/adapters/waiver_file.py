"""Reads the manifest of waivers; every row is complete, or the file is refused with the place."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_text import Document, Flaw, UnreadableYaml, read_yaml
from studyctl.adapters.yaml_text import Position as Place
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.waivers import MANIFEST, Waiver
from studyctl.errors import UsageError

FIELDS = frozenset({"rule", "where", "reason", "owner", "expires"})
MAX_BYTES = 1_048_576


def read_waivers(repository: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a repository; none where it has no manifest.

    Raises:
        UsageError: the manifest cannot be used; every problem is told at once.
    """
    path = repository / MANIFEST
    if not path.is_file():
        return ()
    content = path.read_bytes()
    if len(content) > MAX_BYTES:
        raise UsageError(f"{MANIFEST} is larger than {MAX_BYTES // 1024} KiB")
    try:
        document = read_yaml(content)
    except UnreadableYaml as error:
        raise _refused(error.flaws) from None
    flaws: list[Flaw] = []
    rows = document.value.get("waivers")
    if not isinstance(rows, list) or set(document.value) != {"waivers"}:
        raise _refused((Flaw(Place(1, 1), "the manifest is a list called waivers, and nothing else"),))
    waivers = [_waiver(row, number, document, flaws) for number, row in enumerate(rows)]
    if flaws:
        raise _refused(tuple(flaws))
    return tuple(waiver for waiver in waivers if waiver is not None)


def _waiver(row: Any, number: int, document: Document, flaws: list[Flaw]) -> Waiver | None:
    place = document.positions.get(("waivers", number), Place(1, 1))
    if not isinstance(row, dict) or set(row) != FIELDS:
        flaws.append(Flaw(place, f"a row has exactly {', '.join(sorted(FIELDS))}"))
        return None
    where = row["where"]
    texts = [row["rule"], row["reason"], row["owner"], *(where if isinstance(where, list) else [None])]
    if not all(isinstance(text, str) and text for text in texts):
        flaws.append(Flaw(place, "rule, reason and owner are texts, where is a list of texts"))
        return None
    try:
        expires = datetime.date.fromisoformat(str(row["expires"]))
    except ValueError:
        flaws.append(Flaw(place, f"expires is a date such as 2027-11-30, not {row['expires']!r}"))
        return None
    position = Position(MANIFEST.as_posix(), place.line, place.column)
    return Waiver(row["rule"], tuple(where), row["reason"], row["owner"], expires, position)


def _refused(flaws: tuple[Flaw, ...]) -> UsageError:
    return UsageError(
        f"{MANIFEST} cannot be used",
        why="\n".join(f"{MANIFEST}:{flaw.position.line}:{flaw.position.column}: {flaw.message}" for flaw in flaws),
        hint="How a row looks is in docs/lint.md.",
    )
