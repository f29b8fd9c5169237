"""Everything that the agent works with, put together for one life of the emulator, and taken apart at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.account import Accounts
from studyctl.adapters.emulator.ecs_agent.alarms import minute_seconds
from studyctl.adapters.emulator.ecs_agent.balancers import Balancers
from studyctl.adapters.emulator.ecs_agent.images import ImageStore
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.preparation import Kitchen
from studyctl.adapters.emulator.ecs_agent.rounds import Rounds
from studyctl.adapters.emulator.ecs_agent.stand_ins import StandIns
from studyctl.adapters.emulator.ecs_agent.task_runner import TaskRunner
from studyctl.adapters.emulator.ecs_agent.traffic import Traffic
from studyctl.adapters.local.program import Program, Running


class Workshop:
    """Opened with the first service."""

    def __init__(
        self,
        state_dir: Path,
        exclusively: Callable[[str], AbstractContextManager[None]],
        connection: Callable[[str], Mapping[str, str]],
        pace: Pace,
    ) -> None:
        accounts = Accounts(exclusively)
        self._stand_ins = StandIns(state_dir, accounts, self._guard)
        self._balancers = Balancers(state_dir, self._guard, self._stand_ins.publish)
        kitchen = Kitchen(
            accounts, ImageStore(state_dir), connection, self._stand_ins.for_environment, minute_seconds(pace)
        )
        self._runner = TaskRunner(kitchen, pace, doorbell.ring)
        traffic = Traffic(accounts, self._balancers, pace)
        self.rounds = Rounds(accounts, self._runner, traffic, pace, self._stand_ins)

    def close(self) -> None:
        """End the tasks first, then what they used."""
        self._runner.stop()
        self._balancers.stop()
        self._stand_ins.stop()

    def _guard(self, running: Running, program: Program) -> None:
        """A server that the emulator started must not outlive it, even when it is killed."""
        self._runner.processes.guard(running.pid, program.stop_signal)
