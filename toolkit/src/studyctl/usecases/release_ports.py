"""What carrying a release out needs from the outside. Calls either answer or raise the typed errors of studyctl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.canary import Sample
from studyctl.domain.release.definitions import Definition
from studyctl.domain.release.images import Image, ImageReference
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.manifest import Signatures
from studyctl.domain.release.place import Colours, Place, ServicePlace
from studyctl.domain.release.plan import RolloutPlan
from studyctl.domain.release.rollback import RollbackPlan
from studyctl.domain.release.seen import Reference, ReferenceSeen, ServiceSeen, StoppedTask, TaskSeen, Weights
from studyctl.domain.release.steps import Step
from studyctl.domain.release.verdicts import Verdict
from studyctl.domain.smoke.report import SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.errors import Locked, StudyctlError
from studyctl.usecases.release_lock import Holding


class LedgerMoved(Locked):
    """Somebody else wrote the entry that this command works on; nothing of theirs was overwritten."""


class NoAnswer(StudyctlError):
    """A service of the account could not be asked just now; asking again may help."""

    exit_code = 7


class Clock(Protocol):
    """Time, so that a test can make twelve hours pass in no time."""

    def now(self) -> str:
        """RFC 3339 in UTC."""
        ...

    def seconds(self) -> float:
        """A clock that only goes forward."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Ledger(Protocol):
    """The release ledger of one environment."""

    def entries(self) -> tuple[LedgerEntry, ...]:
        """The newest entries, newest first."""
        ...

    def newest_number(self) -> int:
        """The number of the newest entry; 0 while there is none."""
        ...

    def add(self, entry: LedgerEntry) -> LedgerEntry:
        """Write a new entry under the next free number; it comes back with it."""
        ...

    def save(self, entry: LedgerEntry) -> None:
        """Write an entry anew.

        Raises:
            LedgerMoved: it is no longer what this process last read or wrote.
        """
        ...

    def reread(self, number: int) -> LedgerEntry:
        """One entry as it is now."""
        ...


class Services(Protocol):
    """The services of one cluster, and their tasks."""

    def see(self, names: Sequence[str]) -> Mapping[str, ServiceSeen]:
        """The services that exist, by name. What is draining or gone is inactive or left out."""
        ...

    def definition(self, arn: str) -> Definition:
        """A task definition as a document that can be registered again."""
        ...

    def is_registered(self, arn: str) -> bool:
        """Whether that revision can be deployed."""
        ...

    def newest_of(self, family: str) -> tuple[str, Definition] | None:
        """The newest active revision of a family and its document."""
        ...

    def register(self, definition: Definition, tags: Mapping[str, str]) -> str:
        """Register a document; its ARN."""
        ...

    def update(
        self, name: str, *, definition_arn: str, count: int | None = None, is_retry: bool = False
    ) -> ServiceSeen:
        """Deploy a revision, and set the count if one is given; a retry deploys one that ECS gave up."""
        ...

    def create_green(self, place: ServicePlace, *, definition_arn: str, container: str, count: int) -> None:
        """Make the service that carries a revision beside the old one, behind target group green."""
        ...

    def delete(self, name: str) -> None:
        """Remove a service with its tasks; one that does not exist is removed already."""
        ...

    def failures(self, name: str, *, definition_arn: str) -> tuple[StoppedTask, ...]:
        """Tasks of that revision that stopped, newest first, with the last lines of their logs."""
        ...

    def run_task(
        self,
        place: ServicePlace,
        *,
        definition_arn: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        token: str,
    ) -> str:
        """Start a one-off task where the service's tasks run; the same token starts it once. Its ARN."""
        ...

    def task(self, arn: str) -> TaskSeen:
        """How a one-off task is."""
        ...

    def task_lines(self, arn: str, *, definition_arn: str) -> tuple[str, ...]:
        """What a task logged, oldest first."""
        ...


class Traffic(Protocol):
    """The shares of traffic between blue and green."""

    def weights(self, colours: Colours) -> Weights:
        """The shares now."""
        ...

    def shift(self, colours: Colours, *, green_percent: int) -> None:
        """Set the shares."""
        ...


class Images(Protocol):
    """The registry."""

    def resolve(self, reference: ImageReference) -> Image:
        """The exact image that a reference means now."""
        ...


class Monitors(Protocol):
    """Alarms and metrics."""

    def alarm_names(self, prefix: str) -> tuple[str, ...]:
        """The environment's alarms."""
        ...

    def alarm_states(self, names: Sequence[str]) -> Mapping[str, AlarmState]:
        """Their states. It never fails: what cannot be asked is unreadable."""
        ...

    def sample(self, place: Place, colours: Colours, colour: str, *, seconds: float) -> Sample:
        """What a target group answered in the last `seconds`."""
        ...


class References(Protocol):
    """Roles, secrets, images and the like."""

    def look(self, references: Sequence[Reference]) -> tuple[ReferenceSeen, ...]:
        """Whether each is there."""
        ...


class Prober(Protocol):
    """The smoke test."""

    def probe(self, subject: Subject) -> SmokeReport:
        """Test the environment."""
        ...


class ReleaseNarrator(Protocol):
    """Tells the person in front of it what happens, and asks."""

    def planned(self, plan: RolloutPlan) -> None:
        """Show what will change."""
        ...

    def going_back(self, plan: RollbackPlan) -> None:
        """Show what will be put back."""
        ...

    def confirm(self, question: str) -> None:
        """Go on only after a yes."""
        ...

    def begun(self, entry: LedgerEntry, fallback: LedgerEntry | None) -> None:
        """The entry is in the ledger and its steps begin; `fallback` comes back when it is not proven."""
        ...

    def step(self, entry: LedgerEntry, step: Step) -> None:
        """A step begins."""
        ...

    def progress(self, text: str) -> None:
        """Something moved."""
        ...

    def judged(self, name: str, verdict: Verdict) -> None:
        """A judgement was given."""
        ...

    def tested(self, report: SmokeReport) -> None:
        """The smoke test is done."""
        ...

    def turned(self, failed: LedgerEntry, target: LedgerEntry) -> None:
        """A release failed and the way back to `target` begins."""
        ...


@dataclass(frozen=True)
class Ports:
    """Everything together."""

    ledger: Ledger
    services: Services
    traffic: Traffic
    images: Images
    monitors: Monitors
    references: References
    signatures: Signatures
    prober: Prober
    narrator: ReleaseNarrator
    clock: Clock
    holding: Holding
    poll_seconds: float = 1.0
