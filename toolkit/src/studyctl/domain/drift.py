"""What an account holds that terraform did not put there so: drift, unmanaged resources, and what is known of both."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studyctl.domain.plan import Change, ChangeAction, PlanSummary

MADE_BY_AWS: Mapping[str, str] = {
    "arn:*:ecs:*:task/*": "tasks are started by their service",
    "arn:*:ecs:*:task-definition/*": "each release registers a revision",
    "arn:*:ecs:*:task-set/*": "a deployment makes one",
    "arn:*:ec2:*:instance/*": "machines are started by their scaling group",
    "arn:*:ec2:*:snapshot/*": "snapshots are made by their lifecycle policy",
    "arn:*:rds:*:snapshot:*": "snapshots are made by the database",
    "arn:*:rds:*:auto-backup:*": "backups are made by the database",
    "arn:*:backup:*:recovery-point:*": "recovery points are made by their plan",
    "arn:*:secretsmanager:*:secret:rds!*": "the database keeps its master password there",
    "arn:*:elasticache:*:snapshot:*": "snapshots are made by the cache",
    "arn:*:elasticache:*:cluster:*": "nodes belong to their replication group",
}
"""What carries an environment's tags because something that terraform made hands them on."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """What is known to differ: an address or an ARN with `*`, and of an address all attributes or one."""

    where: str
    attribute: str
    reason: str
    owner: str
    expires: datetime.date

    def covers(self, where: str, attribute: str = "") -> bool:
        """Whether it is about this difference."""
        return fnmatch.fnmatchcase(where, _literal_brackets(self.where)) and self.attribute in ("", attribute)


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Something with the environment's tags that no state knows."""

    arn: str
    region: str


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was found. `pending` is what the configuration would change by itself: no drift, but not deployed."""

    changed: tuple[Change, ...]
    gone: tuple[Change, ...]
    unmanaged: tuple[Unmanaged, ...]
    pending: PlanSummary
    ignored: int
    expired: tuple[Ignore, ...]

    @property
    def has_drifted(self) -> bool:
        """Whether somebody must look: differences that nobody knows of, or knew of for longer than he said."""
        return bool(self.changed or self.gone or self.unmanaged or self.expired)


def report(
    refreshed: PlanSummary,
    pending: PlanSummary,
    *,
    tagged: Iterable[Unmanaged],
    managed: frozenset[str],
    ignores: Sequence[Ignore],
    today: datetime.date,
) -> DriftReport:
    """Split what a refresh found, and what carries the tags, into what is new and what is known."""
    current = [ignore for ignore in ignores if ignore.expires >= today]
    found = [change for change in refreshed.drift if change.is_effective]
    left = [kept for change in found if (kept := _without_known(change, current)) is not None]
    strange = [thing for thing in tagged if not _is_managed(thing.arn, managed) and not _is_made_by_aws(thing.arn)]
    unmanaged = [thing for thing in strange if not any(ignore.covers(thing.arn) for ignore in current)]
    return DriftReport(
        changed=tuple(change for change in left if change.action is not ChangeAction.DESTROY),
        gone=tuple(change for change in left if change.action is ChangeAction.DESTROY),
        unmanaged=tuple(sorted(unmanaged, key=lambda thing: thing.arn)),
        pending=pending,
        ignored=len(found) - len(left) + len(strange) - len(unmanaged),
        expired=tuple(ignore for ignore in ignores if ignore.expires < today),
    )


def identifiers(state: Mapping[str, Any]) -> frozenset[str]:
    """Every ARN and id that a terraform state names; a resource may be told of by either."""
    return frozenset(_identifiers(state))


def _identifiers(state: Mapping[str, Any]) -> Iterator[str]:
    for resource in state.get("resources", ()):
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances", ()):
            for name, value in (instance.get("attributes") or {}).items():
                if isinstance(value, str) and value and (name in {"id", "arn"} or name.endswith("_arn")):
                    yield value


def _is_managed(arn: str, managed: frozenset[str]) -> bool:
    """Whether a state names it: by its ARN, or by the id at the ARN's end."""
    resource = arn.split(":", 5)[-1]
    return arn in managed or resource.rpartition("/")[2] in managed or resource.rpartition(":")[2] in managed


def _is_made_by_aws(arn: str) -> bool:
    return any(fnmatch.fnmatchcase(arn, pattern) for pattern in MADE_BY_AWS)


def _without_known(change: Change, ignores: Sequence[Ignore]) -> Change | None:
    """Return the change without the attributes that may differ; None where nothing is left of it."""
    if any(ignore.covers(change.address) for ignore in ignores if not ignore.attribute):
        return None
    left = tuple(
        attribute
        for attribute in change.attributes
        if not any(ignore.covers(change.address, attribute.name) for ignore in ignores)
    )
    return None if change.attributes and not left else replace(change, attributes=left)


def _literal_brackets(pattern: str) -> str:
    """Keep `["key"]` of an address from being read as a set of characters."""
    return pattern.replace("[", "[[]")
