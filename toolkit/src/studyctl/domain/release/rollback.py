"""The plan of going back: to which release, in which steps, and what stays as it is all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studyctl.domain.release.history import applied_after, find, last_proven, line_of, unfinished
from studyctl.domain.release.ledger import LedgerEntry, newest
from studyctl.domain.release.migrations import Migration, in_the_way
from studyctl.domain.release.place import Place
from studyctl.domain.release.release import Release
from studyctl.domain.release.steps import Step, StepKind
from studyctl.errors import Refused, UsageError


class NothingToGoBackTo(Refused):
    """No earlier release was proven."""


@dataclass(frozen=True)
class RollbackPlan:
    """What going back means. `current` is what serves or is being brought in now, `target` what is put back."""

    current: LedgerEntry | None
    target: LedgerEntry
    steps: tuple[Step, ...]
    stops: LedgerEntry | None
    """A release that is being carried out and must stop first."""
    passed_over: tuple[int, ...]
    """Newer proven releases that are given up."""
    crossed: tuple[Migration, ...]
    """Migrations since the target that it cannot work with."""
    left_alone: tuple[str, ...]
    """Services that the target does not know."""
    not_undone: tuple[str, ...]

    def enforce(self, *, force_migrations: bool) -> None:
        """Stop where old code would meet a shape that it cannot work with.

        Raises:
            Refused: a migration is in the way.
        """
        if self.crossed and not force_migrations:
            raise Refused(
                f"release {self.target.number} cannot work with the database as it is now",
                why="\n".join(
                    f"{each.id} ({each.kind}) was applied since and needs {each.bounds}; release "
                    f"{self.target.number} is {self.target.release.app_version or 'of unknown version'}"
                    for each in self.crossed
                ),
                hint=f"Go forward: mend it, then studyctl release {self.target.environment} --tag TAG\n"
                f"If the shape was restored by hand: studyctl rollback {self.target.environment} --to "
                f"{self.target.number} --force-migrations",
            )


def plan_rollback(
    entries: Sequence[LedgerEntry],
    place: Place,
    *,
    to: int | None = None,
    secret_versions: Mapping[str, str] | None = None,
    state_serial: int | None = None,
) -> RollbackPlan:
    """Pick the release to put back: the newest proven one that is not what serves, or the one that was asked for.

    `secret_versions` and `state_serial` are those of now; they only tell what is not undone.

    Raises:
        NothingToGoBackTo: no earlier release was proven.
        UsageError, Refused: the asked one does not exist, or was never proven.
    """
    current = newest(entries)
    target = proven_entry(entries, to) if to is not None else _default(entries)
    return RollbackPlan(
        current=current,
        target=target,
        steps=way_back(place, target.release),
        stops=unfinished(entries),
        passed_over=tuple(
            entry.number for entry in line_of(entries) if entry.number > target.number and entry.origin != target.origin
        ),
        crossed=in_the_way(applied_after(entries, target.number), target.version),
        left_alone=tuple(key for key in place.services if key not in target.release.services),
        not_undone=tuple(_not_undone(entries, target, secret_versions or {}, state_serial)),
    )


def way_back(place: Place, release: Release) -> tuple[Step, ...]:
    """All services as one unit, in reverse order. Traffic leaves green first, as soon as blue can take it."""
    services = tuple(key for key in reversed(tuple(place.services)) if key in release.services)
    balanced = tuple(key for key in services if place.services[key].colours is not None)
    return (
        Step(kind=StepKind.REGISTER, services=services),
        *([Step(kind=StepKind.RETREAT, services=balanced)] if balanced else []),
        Step(kind=StepKind.UPDATE, services=services),
        Step(kind=StepKind.FOLLOW, services=services),
        *([Step(kind=StepKind.WITHDRAW, services=balanced)] if balanced else []),
        Step(kind=StepKind.SMOKE, services=services),
    )


def proven_entry(entries: Sequence[LedgerEntry], number: int) -> LedgerEntry:
    """The entry that somebody asked for by its number.

    Raises:
        UsageError: there is none.
        Refused: it was never proven.
    """
    found = find(entries, number)
    if found is None:
        raise UsageError(
            f"there is no release {number}", hint=f"List them: studyctl releases {_environment_of(entries)}"
        )
    if not found.is_proven:
        raise Refused(
            f"release {number} was never proven: it is {found.status}",
            why="Only what passed its smoke test and its bake is put back.",
            hint=f"List what was proven: studyctl releases {found.environment}",
        )
    return found


def _default(entries: Sequence[LedgerEntry]) -> LedgerEntry:
    latest, proven = newest(entries), last_proven(entries)
    if proven is None or latest is None:
        raise _nothing(_environment_of(entries))
    if latest.number != proven.number:
        return proven  # what runs now was never proven, or is on its way
    for entry in reversed(line_of(entries)[:-1]):
        if not entry.release.is_same_as(proven.release):
            return entry
    raise _nothing(proven.environment, proven)


def _nothing(environment: str, serving: LedgerEntry | None = None) -> NothingToGoBackTo:
    return NothingToGoBackTo(
        f"there is no release before {serving.number} that was proven" if serving else "no release was ever proven",
        why="Only what passed its smoke test and its bake is put back. Nothing was changed.",
        hint=f"Go forward instead: studyctl release {environment} --tag TAG",
    )


def _environment_of(entries: Sequence[LedgerEntry]) -> str:
    """As the ledger names it; what commands call it in their usage when nothing was ever released."""
    return entries[0].environment if entries else "ENV"


def _not_undone(
    entries: Sequence[LedgerEntry], target: LedgerEntry, secrets: Mapping[str, str], serial: int | None
) -> list[str]:
    told = ["data that was written since stays as it is, and so do messages in queues"]
    if applied := applied_after(entries, target.number):
        told.append(f"migrations stay applied: {', '.join(f'{each.id} ({each.kind})' for each in applied)}")
    recorded: dict[str, str] = {}
    for content in target.release.services.values():
        recorded |= content.secret_versions
    told += [
        f"{name} was changed since; tasks read its present value"
        for name in sorted(recorded.keys() & secrets.keys())
        if recorded[name] != secrets[name]
    ]
    if serial is not None and target.state_serial is not None and serial != target.state_serial:
        told.append(
            f"infrastructure stays as it is (state serial {serial}, it was {target.state_serial}), engine upgrades "
            "included; --infra plans its way back"
        )
    return told
