"""A service on a machine that exists in memory: tasks behave as their script says, `advance` decides."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace

from studyctl.adapters.emulator.ecs_agent.deployments import advance, begin
from studyctl.adapters.emulator.ecs_agent.rollout import (
    Announce,
    Failure,
    Health,
    Launch,
    Observation,
    Phase,
    Policy,
    Rollout,
    Stop,
    TaskFact,
)


class Fate(enum.Enum):
    """What becomes of a task."""

    SERVES = enum.auto()
    CANNOT_START = enum.auto()
    CRASHES = enum.auto()
    IS_SICK = enum.auto()


@dataclass
class Script:
    fate: Fate
    ticks: int
    """How long it is pending, and again how long until it shows what it is."""


@dataclass
class Service:
    """`scripts` says what becomes of the tasks of a deployment, in the order of their start; the last one repeats."""

    policy: Policy
    scripts: dict[str, list[Script]] = field(default_factory=dict)
    rollout: Rollout = field(default_factory=Rollout)
    tasks: dict[str, TaskFact] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    stopped_in_last_tick: list[TaskFact] = field(default_factory=list)
    now_seconds: float = 0.0
    leaving_ticks: int = 2
    ringing: frozenset[str] = frozenset()
    _ages: dict[str, int] = field(default_factory=dict)
    _own: dict[str, Script] = field(default_factory=dict)
    _started: dict[str, int] = field(default_factory=dict)

    def deploy(self, deployment: str, *scripts: Script) -> None:
        self.scripts[deployment] = list(scripts)
        self.rollout = begin(self.rollout, deployment)

    def tick(self, seconds: float = 1.0) -> None:
        """Time passes, tasks go on with their lives, `advance` looks once."""
        self.now_seconds += seconds
        failures = tuple(self._live())
        step = advance(
            self.rollout,
            self.policy,
            Observation(self.now_seconds, tuple(self.tasks.values()), failures, self.ringing),
        )
        self.rollout = step.rollout
        self.stopped_in_last_tick = []
        for action in step.actions:
            match action:
                case Launch(deployment, count):
                    for _ in range(count):
                        self._launch(deployment)
                case Stop(task):
                    self.stopped_in_last_tick.append(self.tasks[task])
                    self.tasks[task] = replace(self.tasks[task], phase=Phase.LEAVING)
                    self._ages[task] = 0
                case Announce(message):
                    self.events.append(message)

    def counted(self) -> int:
        return sum(task.is_staying for task in self.tasks.values())

    def healthy(self, deployment: str | None = None) -> int:
        return sum(task.is_healthy and deployment in (None, task.deployment) for task in self.tasks.values())

    def _launch(self, deployment: str) -> None:
        number = self._started[deployment] = self._started.get(deployment, 0) + 1
        scripts = self.scripts[deployment]
        name = f"{deployment}/{number}"
        self._own[name] = scripts[min(number, len(scripts)) - 1]
        self._ages[name] = 0
        self.tasks[name] = TaskFact(name, deployment, Phase.PENDING)

    def _live(self) -> list[Failure]:
        failures = []
        for name, task in list(self.tasks.items()):
            self._ages[name] += 1
            age, script = self._ages[name], self._own[name]
            if task.phase is Phase.LEAVING:
                if age >= self.leaving_ticks:
                    del self.tasks[name]
            elif task.phase is Phase.PENDING and age > script.ticks:
                if script.fate is Fate.CANNOT_START:
                    del self.tasks[name]
                    failures.append(Failure(task.deployment))
                else:
                    self.tasks[name] = replace(task, phase=Phase.RUNNING)
            elif task.phase is Phase.RUNNING and age > 2 * script.ticks + 1:
                if script.fate is Fate.CRASHES:
                    del self.tasks[name]
                    failures.append(Failure(task.deployment))
                else:
                    health = Health.HEALTHY if script.fate is Fate.SERVES else Health.UNHEALTHY
                    self.tasks[name] = replace(task, health=health)
        return failures
