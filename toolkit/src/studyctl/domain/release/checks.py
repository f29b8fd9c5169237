"""What must be there before a release changes anything, read from the definitions that it will register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.definitions import log_group_of, referenced_secrets
from studyctl.domain.release.release import Release
from studyctl.domain.release.seen import Reference, ReferenceSeen, ServiceSeen
from studyctl.errors import PreflightFailed, Refused


@dataclass(frozen=True)
class AlarmVerdict:
    """What the alarms allow. `excused` ring already and were accepted; `doubtful` cannot be read yet."""

    ringing: tuple[str, ...]
    doubtful: tuple[str, ...]
    excused: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether a release may begin."""
        return not self.ringing and not self.doubtful


def references_of(release: Release, services: Sequence[str], seen: Mapping[str, ServiceSeen]) -> tuple[Reference, ...]:
    """Everything the chosen services need, each once, with all that need it."""
    users: dict[tuple[str, str], list[str]] = {}
    for key in services:
        for kind, identifier in _needed_by(release, key, seen[key]):
            needing = users.setdefault((kind, identifier), [])
            if key not in needing:
                needing.append(key)
    return tuple(Reference(kind, identifier, tuple(keys)) for (kind, identifier), keys in users.items())


def require_references(found: Sequence[ReferenceSeen], environment: str) -> None:
    """Stop when something that tasks need is missing.

    Raises:
        PreflightFailed: names each of them.
    """
    missing = [each for each in found if each.problem]
    if missing:
        raise PreflightFailed(
            f"{len(missing)} of {len(found)} things that the tasks need are not as they must be",
            why="\n".join(f"{each.reference}: {each.problem}" for each in missing) + "\nNothing was changed.",
            hint=f"Make them and run the command again. What terraform makes: studyctl deploy {environment}",
        )


def judge_alarms(
    states: Mapping[str, AlarmState], *, gates: frozenset[str], accepted: frozenset[str], has_proven: bool
) -> AlarmVerdict:
    """Judge the alarms before a release. `gates` are those that turn a deployment back: they must be readable.

    ECS ignores an alarm for a deployment that starts while it rings, so a ringing one would watch over nothing.
    Before anything was ever proven there is nothing that could be well: what rings then is excused.
    """
    ringing = {name for name, state in states.items() if state is AlarmState.ALARM}
    excused = ringing if not has_proven else ringing & accepted
    doubtful = {
        name
        for name in gates
        if states.get(name, AlarmState.UNREADABLE) in {AlarmState.INSUFFICIENT_DATA, AlarmState.UNREADABLE}
    }
    return AlarmVerdict(
        ringing=tuple(sorted(ringing - excused)),
        doubtful=tuple(sorted(doubtful - accepted)),
        excused=tuple(sorted(excused)),
    )


def require_quiet(verdict: AlarmVerdict, environment: str) -> None:
    """Stop while an alarm rings, or cannot be read.

    Raises:
        Refused: names the alarms.
    """
    if verdict.ringing:
        names = ", ".join(verdict.ringing)
        raise Refused(
            f"{environment} is in alarm already: {names}",
            why="ECS ignores an alarm that rings when a deployment starts, so nothing would turn a bad release back.",
            hint=f"Find out why it rings, or accept it (recorded): studyctl release {environment} --accept-alarm "
            f"{verdict.ringing[0]}",
        )
    if verdict.doubtful:
        raise Refused(
            f"these alarms have no data: {', '.join(verdict.doubtful)}",
            why="What cannot be judged is not taken for good, and they are what would turn a bad release back.",
            hint="Wait a few minutes for their first data, then run the command again.",
        )


def _needed_by(release: Release, key: str, seen: ServiceSeen) -> Iterator[tuple[str, str]]:
    content = release.services[key]
    definition = content.definition
    yield "image", content.image
    for role in ("executionRoleArn", "taskRoleArn"):
        if definition.get(role):
            yield "role", definition[role]
    for identifier in sorted(set(referenced_secrets(definition).values())):
        yield ("secret" if ":secretsmanager:" in identifier else "parameter"), identifier
    group = log_group_of(definition)
    if group is not None:
        yield "log group", group
    yield from (("subnet", subnet) for subnet in seen.subnets)
    yield from (("security group", each) for each in seen.security_groups)
    yield from (("target group", each) for each in seen.target_groups)
