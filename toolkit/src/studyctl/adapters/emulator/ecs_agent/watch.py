"""The account's watch: measures, alarms and scaling, once in every minute of metrics (which is shorter here)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.alarms import (
    bake_seconds,
    look_at_alarms,
    minute_seconds,
    ringing,
)
from studyctl.adapters.emulator.ecs_agent.balancers import Request
from studyctl.adapters.emulator.ecs_agent.data_metrics import DataMetrics, RunningServer
from studyctl.adapters.emulator.ecs_agent.listeners import LoadBalancer
from studyctl.adapters.emulator.ecs_agent.measuring import (
    Usage,
    measure_queues,
    measure_requests,
    measure_targets,
    measure_tasks,
)
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricStore
from studyctl.adapters.emulator.ecs_agent.metrics_shelf import store_of
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.records import Stage, TaskRecord
from studyctl.adapters.emulator.ecs_agent.usage import (
    Consumption,
    consumption_by_session,
    cpu_percent,
    memory_percent,
)

WARM_UP_SECONDS = 10.0
"""A task that starts counts as idle: starting takes all of a laptop's CPU, and would scale everything out."""
FORGET_EVERY_SECONDS = 60.0
MOST_MINUTES_MISSED = 5


class Watch:
    """Used by the agent's thread only."""

    def __init__(self, accounts: Accounts, pace: Pace, servers: Callable[[], Iterable[RunningServer]]) -> None:
        self._accounts = accounts
        self._servers = servers
        self._data_metrics = DataMetrics()
        self._pace = pace
        self._minute_seconds = minute_seconds(pace)
        self._measured_minute = int(time.time() // self._minute_seconds)
        self._minutes: range = range(0)
        self._forget_seconds = 0.0
        self._forgets = False
        self._consumed: Mapping[int, Consumption] = {}
        self._consumed_seconds = 0.0
        self._before: Mapping[int, Consumption] = {}
        self._elapsed_seconds = 0.0

    @property
    def is_due(self) -> bool:
        """Whether a minute of metrics has passed."""
        return int(time.time() // self._minute_seconds) > self._measured_minute

    def ringing(self, place: Place) -> frozenset[str]:
        """The alarms that ring now."""
        with self._accounts.open("cloudwatch", place) as backend:
            return ringing(backend)

    def bake_seconds(self, place: Place, names: Sequence[str]) -> float:
        """How long a deployment with these alarms is watched after its tasks are in place."""
        with self._accounts.open("cloudwatch", place) as backend:
            return bake_seconds(backend, names, self._pace)

    def note_requests(self, place: Place, requests: Iterable[Request]) -> None:
        """Requests are measured as they end."""
        measure_requests(self.store(place), requests)

    def look(self, place: Place, tasks: Sequence[TaskRecord], balancers: Sequence[LoadBalancer]) -> None:
        """Measure, then let the alarms of one place see it."""
        store = self.store(place)
        usages = list(self._usages(tasks))
        for minute in self._minutes:
            at = minute * self._minute_seconds
            self._measure_targets(store, tasks, balancers, at)
            measure_tasks(store, usages, at_seconds=at)
            self._data_metrics.measure(store, [each for each in self._servers() if each.place == place], at_seconds=at)
            with self._accounts.open("sqs", place) as backend:
                measure_queues(store, backend, at_seconds=at)
        now = time.time()
        if self._forgets:
            store.forget_old(now_seconds=now)
        with self._accounts.open("cloudwatch", place) as backend:
            look_at_alarms(backend, store, self._pace, now_seconds=now)

    def begin_minute(self, tasks: Sequence[TaskRecord]) -> None:
        """Look at the processes of all tasks once. Minutes in which nobody looked get what is seen now."""
        now = time.monotonic()
        minute = int(time.time() // self._minute_seconds)
        self._minutes = range(max(self._measured_minute + 1, minute - MOST_MINUTES_MISSED), minute + 1)
        self._measured_minute = minute
        self._forgets = now >= self._forget_seconds
        if self._forgets:
            self._forget_seconds = now + FORGET_EVERY_SECONDS
        self._before = self._consumed
        self._elapsed_seconds = now - self._consumed_seconds
        sessions = {task.pid for task in tasks if task.pid and task.stage is Stage.RUNNING}
        self._consumed = consumption_by_session(sessions) if sessions else {}
        self._consumed_seconds = now

    def _usages(self, tasks: Sequence[TaskRecord]) -> Iterable[Usage]:
        now = time.monotonic()
        for task in tasks:
            consumed = self._consumed.get(task.pid)
            if task.service is None or task.container is None or consumed is None or task.stage is not Stage.RUNNING:
                continue
            before = self._before.get(task.pid)
            cpu = 0.0
            if before is not None and now - task.running_seconds >= WARM_UP_SECONDS:
                units = task.container.cpu_units
                cpu = cpu_percent(before, consumed, seconds=self._elapsed_seconds, cpu_units=units)
            memory = memory_percent(consumed, memory_mib=task.container.memory_mib)
            yield Usage(task.service.model.cluster_name, task.service.name, cpu, memory)

    def _measure_targets(
        self, store: MetricStore, tasks: Sequence[TaskRecord], balancers: Sequence[LoadBalancer], now: float
    ) -> None:
        for balancer in balancers:
            for group in balancer.groups:
                standing = [
                    health
                    for task in tasks
                    if task.stage is Stage.RUNNING
                    for link, health in task.targets.items()
                    if link.target_group == group
                ]
                if standing:
                    healthy = sum(each.is_healthy for each in standing)
                    # a target that was never asked yet is neither
                    unhealthy = sum(each.state == "unhealthy" for each in standing)
                    name = group.rsplit(":", 1)[-1]
                    measure_targets(store, balancer.name, name, healthy=healthy, unhealthy=unhealthy, at_seconds=now)

    def store(self, place: Place) -> MetricStore:
        """The metrics of a place."""
        with self._accounts.open("cloudwatch", place) as backend:
            return store_of(backend)
