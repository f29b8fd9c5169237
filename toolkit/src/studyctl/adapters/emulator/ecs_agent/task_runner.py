"""Carries out what was decided about tasks.

Prepares them beside the loop, starts and signals processes, asks containers how they are, brings home what they say.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.container import Container, LogTarget
from studyctl.adapters.emulator.ecs_agent.lifecycle import Order, Prepare
from studyctl.adapters.emulator.ecs_agent.log_pump import LogPump
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.preparation import CannotStart, Kitchen, Prepared
from studyctl.adapters.emulator.ecs_agent.processes import Ended, Processes, Report, Started
from studyctl.adapters.emulator.ecs_agent.records import TaskRecord
from studyctl.adapters.emulator.ecs_agent.task_logs import write

log = logging.getLogger("studyctl.emulator")

PREPARED_AT_ONCE = 4
_HEALTH_PREFIX = "health:"


@dataclass(frozen=True)
class Ready:
    """A task is prepared and its process is being made."""

    id: str
    prepared: Prepared


@dataclass(frozen=True)
class NotReady:
    """A task cannot be prepared."""

    id: str
    reason: str
    is_final: bool


@dataclass(frozen=True)
class HealthAnswer:
    """A container's own health check has ended."""

    id: str
    succeeded: bool


TaskEvent = Ready | NotReady | HealthAnswer | Report


@dataclass
class _Health:
    """The health check of one container: when it is due, and since when it runs."""

    due_seconds: float
    began_seconds: float | None = None
    is_killed: bool = False
    number: int = 0


@dataclass
class _Known:
    place: Place
    container: Container
    prepared: Prepared | None = None
    health: _Health | None = None


class TaskRunner:
    """Used by the agent's thread only. `notify` is called from others when there are events."""

    def __init__(self, kitchen: Kitchen, pace: Pace, notify: Callable[[], None]) -> None:
        self._kitchen = kitchen
        self._pace = pace
        self._notify = notify
        self.processes = Processes(notify)
        self._pump = LogPump()
        self._pool = ThreadPoolExecutor(PREPARED_AT_ONCE, thread_name_prefix="prepare-task")
        self._preparing: dict[str, Future[Prepared]] = {}
        self._known: dict[str, _Known] = {}
        self._streams: dict[str, tuple[Place, str, LogTarget]] = {}

    def carry_out(self, order: Order) -> None:
        """Do what a task's life asks for."""
        if isinstance(order, Prepare):
            self._prepare(order.task)
        else:
            self.processes.send_signal(order.task, order.number)

    def events(self) -> list[TaskEvent]:
        """What has happened since the last call, in its order."""
        found: list[TaskEvent] = []
        for task_id, future in [(task_id, future) for task_id, future in self._preparing.items() if future.done()]:
            del self._preparing[task_id]
            found.append(self._prepared(task_id, future))
        for report in self.processes.reports():
            if report.id.startswith(_HEALTH_PREFIX):
                found += self._health_events(report)
            else:
                found.append(report)
        return found

    def ask_containers(self, running: list[TaskRecord]) -> None:
        """Start the health checks that are due, and end those that take too long."""
        now = time.monotonic()
        for task in running:
            known = self._known.get(task.id)
            check = known.container.health if known else None
            if known is None or check is None or known.prepared is None:
                continue
            health = known.health or _Health(due_seconds=now)
            known.health = health
            if health.began_seconds is None and now >= health.due_seconds:
                self._start_health_command(task.id, known.prepared, check.command, health, now)
            elif health.began_seconds is not None and now - health.began_seconds > check.timeout_seconds:
                if not health.is_killed:
                    self.processes.send_signal(_health_id(task.id, health), signal.SIGKILL)
                health.is_killed = True

    def bring_logs(self, accounts: Accounts) -> None:
        """Write what tasks have said to their streams."""
        for name, lines in self._pump.take().items():
            if (stream := self._streams.get(name)) is not None:
                place, stream_name, target = stream
                write(accounts, place, {stream_name: (target, lines)})

    def keep(self, tasks: Iterable[TaskRecord]) -> None:
        """Forget all others; what they have said is still brought home."""
        alive = {task.id for task in tasks}
        self._known = {task_id: known for task_id, known in self._known.items() if task_id in alive}
        self._streams = {
            task_id: stream
            for task_id, stream in self._streams.items()
            if task_id in alive or self._pump.is_open(task_id)
        }

    def stop(self) -> None:
        """End everything that runs."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.processes.stop()
        self._pump.stop()

    def _prepare(self, task: TaskRecord) -> None:
        assert task.container is not None  # noqa: S101  the loop reads it before it asks for this
        self._known[task.id] = _Known(task.place, task.container)
        future = self._pool.submit(self._kitchen.prepare, task.place, task.container, task.id)
        self._preparing[task.id] = future
        future.add_done_callback(lambda _: self._notify())

    def _prepared(self, task_id: str, future: Future[Prepared]) -> TaskEvent:
        try:
            prepared = future.result()
        except CannotStart as error:
            return NotReady(task_id, error.reason, error.is_final)
        except Exception as error:
            # whatever it is, the task must not wait for ever
            log.exception("task %s could not be prepared", task_id)
            return NotReady(task_id, f"EmulatorFailure: {type(error).__name__}: {error}", is_final=False)
        known = self._known.get(task_id)
        if known is None:
            # it was stopped meanwhile, and its end does not wait for this
            return NotReady(task_id, "Task stopped before it started", is_final=False)
        known.prepared = prepared
        target = known.container.log
        if target is not None:
            self._streams[task_id] = (known.place, target.stream(known.container.name, task_id), target)
        output = self.processes.start(
            task_id, prepared.arguments, folder=prepared.folder, environment=prepared.environment
        )
        self._pump.add(task_id, output)
        return Ready(task_id, prepared)

    def _start_health_command(
        self, task_id: str, prepared: Prepared, command: tuple[str, ...], health: _Health, now: float
    ) -> None:
        health.number += 1
        health.began_seconds, health.is_killed = now, False
        name = _health_id(task_id, health)
        output = self.processes.start(name, command, folder=prepared.folder, environment=prepared.environment)
        self._pump.add(name, output)

    def _health_events(self, report: Report) -> list[TaskEvent]:
        task_id = report.id.removeprefix(_HEALTH_PREFIX).partition(":")[0]
        known = self._known.get(task_id)
        if isinstance(report, Started) or known is None or known.health is None:
            return []
        check = known.container.health
        interval = self._pace.command_check_seconds(check.interval_seconds) if check else 0.0
        known.health.due_seconds = time.monotonic() + interval
        known.health.began_seconds = None
        succeeded = isinstance(report, Ended) and report.exit_code == 0
        return [HealthAnswer(task_id, succeeded)]


def _health_id(task_id: str, health: _Health) -> str:
    return f"{_HEALTH_PREFIX}{task_id}:{health.number}"
