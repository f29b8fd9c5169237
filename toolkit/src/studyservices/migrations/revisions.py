"""What a revision may do, by its kind: old and new release run side by side while a release is under way.

expand    adds what the old release does not miss: tables, nullable or defaulted columns, indexes.
backfill  changes rows, not the shape. May run while both releases do, and again.
contract  takes away what the new release no longer uses. After it the old release cannot come back, so no rollback
          crosses it by itself.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studyruntime.errors import RuntimeFailure


class Kind(enum.StrEnum):
    """What a revision does to the shape."""

    EXPAND = "expand"
    BACKFILL = "backfill"
    CONTRACT = "contract"


@dataclass(frozen=True)
class Revision:
    """A revision, what came before it (nothing before the first), and its kind.

    `min_app_version` is the first version of the application that works after it; a contract must name one.
    """

    id: str
    previous: str | None
    kind: Kind
    summary: str
    min_app_version: str | None = None


class InvalidRevision(RuntimeFailure):
    """A revision is not marked, or does what its kind may not."""


# What takes something from, or demands something of, a release that was written before it.
_CONTRACTS = re.compile(
    r"^\s*(?:DROP\b"
    r"|TRUNCATE\b"
    r"|ALTER\s+TABLE\b.*?\b(?:DROP\s+(?!NOT\s+NULL\b|DEFAULT\b)|RENAME\b|SET\s+NOT\s+NULL\b|TYPE\b)"
    r"|ALTER\s+TABLE\b.*?\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT\b)(?=.*\bNOT\s+NULL\b)(?!.*\b(?:DEFAULT|GENERATED)\b)"
    r"|ALTER\s+TABLE\b.*?\bADD\s+CONSTRAINT\b(?!.*\bNOT\s+VALID\b))",
    re.IGNORECASE | re.DOTALL,
)
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")
_CHANGES_ROWS = re.compile(r"^\s*(?:INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)


def parse_kind(revision: str, value: object) -> Kind:
    """The kind that a module's attribute KIND names.

    Raises:
        InvalidRevision: it names none.
    """
    try:
        return Kind(str(value))
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        raise InvalidRevision(
            f"revision {revision} is not marked: its KIND is {value!r}", hint=f"Set KIND to one of {known}."
        ) from None


def parse_min_app_version(revision: str, kind: Kind, value: object) -> str | None:
    """The version that a module's attribute MIN_APP_VERSION names.

    Raises:
        InvalidRevision: it is no version, or a contract names none.
    """
    if value is None and kind is not Kind.CONTRACT:
        return None
    if not isinstance(value, str) or not _VERSION.fullmatch(value):
        raise InvalidRevision(
            f"revision {revision} ({kind}) names no version that survives it: its MIN_APP_VERSION is {value!r}",
            hint='Set MIN_APP_VERSION to the first version that works without what it takes away, such as "1.4.0".',
        )
    return value


def violations(kind: Kind, statements: Sequence[str]) -> Iterator[str]:
    """The statements that a revision of `kind` may not hold, each with the reason."""
    for statement in statements:
        contracts = _CONTRACTS.search(statement) is not None
        changes_rows = _CHANGES_ROWS.search(statement) is not None
        line = " ".join(statement.split())
        if kind is Kind.EXPAND and contracts:
            yield f"an expand takes something from the old release: {line}"
        elif kind is Kind.EXPAND and changes_rows:
            yield f"an expand changes rows, which is a backfill: {line}"
        elif kind is Kind.BACKFILL and not changes_rows:
            yield f"a backfill changes the shape: {line}"


def crosses_contract(revisions: Sequence[Revision], start: str | None, end: str | None) -> bool:
    """Whether a contract lies between two revisions, in either direction; None is an empty database."""
    order = [None, *(revision.id for revision in revisions)]
    first, last = sorted((order.index(start), order.index(end)))
    return any(revision.kind is Kind.CONTRACT for revision in revisions[first:last])
