"""When a change of the database's shape may be made, and when code may go back behind one.

`expand` adds what new code needs, `backfill` fills it, `contract` removes what only old code needs. Each says which
versions of the application can work with the shape that it leaves.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import field_validator, model_validator

from studyctl.domain.release.base import Recorded

_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")


class MigrationKind(enum.StrEnum):
    """What a migration does to the shape."""

    EXPAND = "expand"
    BACKFILL = "backfill"
    CONTRACT = "contract"


class Migration(Recorded):
    """One migration. No bound means that any version works."""

    id: str
    kind: MigrationKind
    min_app_version: str | None = None
    max_app_version: str | None = None

    @field_validator("min_app_version", "max_app_version")
    @classmethod
    def _is_a_version(cls, value: str | None) -> str | None:
        if value is not None and not _VERSION.fullmatch(value):
            raise ValueError(f"{value!r} is no version: one to four numbers with dots between, such as 1.4.0")
        return value

    @model_validator(mode="after")
    def _a_contract_names_who_survives_it(self) -> Migration:
        if self.kind is MigrationKind.CONTRACT and self.min_app_version is None:
            raise ValueError(f"{self.id} is a contract and names no min_app_version: who survives it?")
        return self

    def works_with(self, app_version: str | None) -> bool:
        """Whether that version works after this migration. A version that nobody knows works only without bounds."""
        if app_version is None or not _VERSION.fullmatch(app_version):
            return self.min_app_version is None and self.max_app_version is None
        version = _key(app_version)
        return (self.min_app_version is None or _key(self.min_app_version) <= version) and (
            self.max_app_version is None or version <= _key(self.max_app_version)
        )

    @property
    def bounds(self) -> str:
        """The versions that work, in words."""
        low, high = self.min_app_version, self.max_app_version
        if low and high:
            return f"versions {low} to {high}"
        return f"version {low} or later" if low else f"version {high} or earlier" if high else "any version"


class SchemaReport(Recorded):
    """What an image says of itself and of the database that it was pointed at; `pending` in the order of applying."""

    app_version: str
    schema_version: str | None = None
    pending: tuple[Migration, ...] = ()


class ReleasedVersion(Recorded):
    """A release that may have to serve again."""

    number: int
    app_version: str | None = None


def objections(
    report: SchemaReport, serving: ReleasedVersion | None, window: Sequence[ReleasedVersion]
) -> Iterator[str]:
    """Why the pending migrations may not be applied now.

    `serving` keeps serving while and after they run, `window` are the releases that a rollback may put back.
    """
    for migration in report.pending:
        if not migration.works_with(report.app_version):
            yield f"{migration.id} ({migration.kind}) needs {migration.bounds}, the image is {report.app_version}"
        if serving is not None and not migration.works_with(serving.app_version):
            yield (
                f"{migration.id} ({migration.kind}) needs {migration.bounds}, but release {serving.number} "
                f"({serving.app_version or 'version unknown'}) serves while it runs"
            )
        if migration.kind is MigrationKind.CONTRACT:
            yield from _still_needed(migration, [old for old in window if old != serving])


def in_the_way(applied_since: Iterable[Migration], target: ReleasedVersion) -> tuple[Migration, ...]:
    """The migrations applied since `target` served that it cannot work with."""
    return tuple(migration for migration in applied_since if not migration.works_with(target.app_version))


def _still_needed(migration: Migration, window: Iterable[ReleasedVersion]) -> Iterator[str]:
    for old in window:
        if not migration.works_with(old.app_version):
            yield (
                f"{migration.id} (contract) removes what release {old.number} "
                f"({old.app_version or 'version unknown'}) needs, and a rollback may put that release back"
            )


def _key(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()  # 1.4 and 1.4.0 are one version
    return tuple(numbers)
