"""Commands on the account in memory: each call is one process, with a ledger and a lock of its own to hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.support.releases.definitions import digest
from tests.support.releases.mortal import Killed
from tests.support.releases.stores import MemoryLedger, MemoryLock
from tests.support.releases.world import World

from studyctl.domain.release.definitions import image_of
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.plan import RolloutPlan
from studyctl.domain.release.release_lock import ReleaseLock
from studyctl.domain.release.rollback import RollbackPlan
from studyctl.domain.release.steps import Step
from studyctl.domain.release.strategy import Strategy
from studyctl.domain.release.verdicts import Verdict
from studyctl.domain.smoke.report import SmokeReport
from studyctl.errors import StudyctlError
from studyctl.usecases.carry_out import Actor
from studyctl.usecases.release import Origin, ReleaseOutcome, ReleaseRequest, Rules, release, resume_release
from studyctl.usecases.release_lock import Holding
from studyctl.usecases.release_ports import Ports
from studyctl.usecases.release_steps import Work
from studyctl.usecases.rollback import RollbackOutcome, RollbackRequest, rollback

Outcome = TypeVar("Outcome")
QUICK = Strategy(bake_seconds=3, hold_seconds=4, stage_seconds=2, timeout_seconds=60)


@dataclass
class Told:
    """A person who says yes to everything and remembers what they were told."""

    steps: list[str] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def planned(self, plan: RolloutPlan) -> None:
        self.said.append("planned")

    def going_back(self, plan: RollbackPlan) -> None:
        self.said.append("going back")

    def confirm(self, question: str) -> None:
        self.said.append(question)

    def begun(self, entry: LedgerEntry, fallback: LedgerEntry | None) -> None:
        self.said.append(f"begun {entry.number}, or back to {fallback.origin if fallback else 'nothing'}")

    def step(self, entry: LedgerEntry, step: Step) -> None:
        self.steps.append(str(step))

    def progress(self, text: str) -> None:
        self.said.append(text)

    def judged(self, name: str, verdict: Verdict) -> None:
        self.verdicts[name] = verdict

    def tested(self, report: SmokeReport) -> None:
        self.said.append(str(report.verdict))

    def turned(self, failed: LedgerEntry, target: LedgerEntry) -> None:
        self.said.append(f"turned {failed.number}, back to {target.origin}")


@dataclass
class Environment:
    """One environment and the commands that are run on it."""

    world: World = field(default_factory=World)
    strategies: dict[str, Strategy] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    calls: int = 0
    """How many calls the last command made."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.world)
        self.lock = MemoryLock(self.world)

    def release(self, letter: str = "", **fields: Any) -> ReleaseOutcome:
        """Release the image of that letter everywhere, or what was asked for."""
        tag = ImageReference(digest=digest(letter)) if letter else None
        request = ReleaseRequest(**{"tag": tag, **fields})
        rules = Rules(
            strategies={key: self.strategies.get(key, QUICK) for key in self.world.place.services},
            minimum_counts=dict.fromkeys(self.world.place.services, 1),
        )
        return self._run("release", lambda work, actor: release(request, work, rules, Origin("c0ffee"), actor))

    def resume(self) -> LedgerEntry | None:
        return self._run("release", resume_release)

    def rollback(self, **fields: Any) -> RollbackOutcome:
        request = RollbackRequest(**fields)
        return self._run("rollback", lambda work, actor: rollback(request, work, Origin("c0ffee"), actor))

    def until_done(self, command: Callable[[], Any], *, attempts: int = 20) -> StudyctlError | None:
        """Run a command and, as often as it is killed, go on with what it left; how it ended in the end."""
        for _ in range(attempts):
            try:
                command()
            except Killed:
                command = self.resume
            except StudyctlError as failure:
                return failure
            else:
                return None
        raise AssertionError(f"not done after {attempts} attempts")

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The ledger, oldest first."""
        return tuple(reversed(MemoryLedger(self.world, self.ledger.kept).entries()))

    def holding(self, what: str) -> Holding:
        """A lock to hold for a command of its own."""
        run_id = f"run-{next(self._numbers)}"
        lock = ReleaseLock(
            lock_id=run_id, who=f"somebody {run_id}", what=what, since="now", beat_at="now", process=run_id
        )
        return Holding(self.lock, lock, "dev", now=lambda: "now")

    def work(self, holding: Holding) -> Work:
        world = self.world
        ports = Ports(
            ledger=self.ledger.for_another_command(),
            services=world,
            traffic=world,
            images=world,
            monitors=world,
            references=world,
            signatures=world,
            prober=world,
            narrator=self.told,
            clock=world,
            holding=holding,
            poll_seconds=1.0,
        )
        return Work(ports, "dev", world.place, world.platform)

    def _run(self, what: str, command: Callable[[Work, Actor], Outcome]) -> Outcome:
        holding = self.holding(what)
        self.world.running = holding._lock.process
        try:
            with holding:
                return command(self.work(holding), Actor(self.world.running, "somebody"))
        finally:
            self.calls, self.world.calls, self.world.kill_at = self.world.calls, 0, None


def serving(environment: Environment) -> set[str]:
    """The last characters of the images that services work towards: the letter each was released by."""
    world = environment.world
    return {image_of(world.definitions[arn])[-1] for arn in world.serving_arns().values()}


def told(environment: Environment) -> list[tuple[str, str]]:
    """What became of each entry of the ledger, oldest first."""
    return [(entry.operation.value, entry.status.value) for entry in environment.entries]
