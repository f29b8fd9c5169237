"""What only a task can ask: database, cache, vectors, and the way from an upload to its notification.

One task of the released image runs in the platform's own network with the role "smoke" and prints a line of JSON for
each thing: {"probe": "database", "name": "primary", "health": "healthy", "detail": "...", "seconds": 0.1}
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from studyctl.adapters.aws.ecs import EcsServices
from studyctl.adapters.smoke.web import Broken
from studyctl.domain.smoke.report import INSIDE, Health, ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject
from studyctl.errors import StudyctlError
from studyctl.usecases.release_ports import NoAnswer

COMMAND = "smoke"
SERVICE = "api"
"""Whose permissions and network the task has: the service that may reach everything that is probed."""
BASE_URL_VARIABLE = "SMOKE_BASE_URL"
DEADLINE_VARIABLE = "SMOKE_DEADLINE_SECONDS"
POLL_SECONDS = 0.25
START_SHARE = 0.5
"""How much of the time the task may need to be placed and started; the rest is for its questions."""
_HEALTH_WORDS = {"healthy": Health.HEALTHY, "unhealthy": Health.UNHEALTHY, "unreachable": Health.UNREACHABLE}
LINES_TOLD = 8


@dataclass(frozen=True)
class InsideProbe:
    """Runs the task and reads what it says. `base_url` is where a task reaches the platform as its users do."""

    services: EcsServices
    base_url: str

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return INSIDE

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """What the task found. A kind that it says nothing about is not healthy."""
        try:
            lines = self._lines(subject, wanted, deadline_seconds)
        except StudyctlError as refused:
            health = Health.UNREACHABLE if isinstance(refused, NoAnswer) else Health.UNHEALTHY
            detail = f"no task could ask: {refused.what}"
            return [ProbeResult(kind, "all", health, detail) for kind in sorted(wanted)]
        except Broken as broken:
            return [ProbeResult(kind, "all", Health.UNHEALTHY, str(broken)) for kind in sorted(wanted)]
        found = [result for result in read_results(lines) if result.kind in wanted]
        silent = wanted - {result.kind for result in found}
        last = "; ".join(line for line in lines[-LINES_TOLD:] if line)
        return [
            *found,
            *(
                ProbeResult(
                    kind, "all", Health.UNHEALTHY, f"the task said nothing about it: {last or 'no line at all'}"
                )
                for kind in sorted(silent)
            ),
        ]

    def _lines(self, subject: Subject, wanted: frozenset[ProbeKind], deadline_seconds: float) -> Sequence[str]:
        deadline = time.monotonic() + deadline_seconds
        place = subject.place.services[SERVICE]
        definition_arn = self._definition_arn(subject)
        command = [COMMAND, *(argument for kind in sorted(wanted) for argument in ("--check", kind.value))]
        environment = {
            BASE_URL_VARIABLE: self.base_url,
            DEADLINE_VARIABLE: f"{deadline_seconds * (1 - START_SHARE):.0f}",
        }
        arn = self.services.run_task(
            place,
            definition_arn=definition_arn,
            command=command,
            environment=environment,
            token=f"smoke-{secrets.token_hex(8)}",
        )
        while not (seen := self.services.task(arn)).is_stopped:
            if time.monotonic() >= deadline:
                raise Broken(f"the task that asks was not done within {deadline_seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        lines = self.services.task_lines(arn, definition_arn=definition_arn)
        return lines or [seen.reason]

    def _definition_arn(self, subject: Subject) -> str:
        """The released revision, or what serves where nothing was released yet."""
        content = subject.release.services.get(SERVICE) if subject.release else None
        if content is not None and content.definition_arn is not None:
            return content.definition_arn
        name = subject.place.services[SERVICE].name
        seen = self.services.see([name]).get(name)
        if seen is None or seen.primary is None:
            raise NoAnswer(f"there is no service {name} to take a task from")
        return seen.primary.definition_arn


def read_results(lines: Iterable[str]) -> Iterator[ProbeResult]:
    """The lines that are results; what else a container logs is not of interest here."""
    kinds = {kind.value: kind for kind in ProbeKind}
    for line in lines:
        try:
            told = json.loads(line)
            kind, health = kinds[told["probe"]], _HEALTH_WORDS[told["health"]]
            yield ProbeResult(
                kind, str(told["name"]), health, str(told.get("detail", "")), float(told.get("seconds", 0.0))
            )
        except (ValueError, KeyError, TypeError):
            continue
