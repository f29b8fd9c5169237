"""The agent's rounds: hear, decide, do, measure; and when to look again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.data_metrics import RunningServer
from studyctl.adapters.emulator.ecs_agent.ecs_round import EcsRound
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricStore
from studyctl.adapters.emulator.ecs_agent.metrics_shelf import store_of
from studyctl.adapters.emulator.ecs_agent.pace import Pace
from studyctl.adapters.emulator.ecs_agent.publishing import announce
from studyctl.adapters.emulator.ecs_agent.records import ServiceRecord, Stage, TaskRecord, service_record
from studyctl.adapters.emulator.ecs_agent.scaling import Scaled, capacity_of, policies_of
from studyctl.adapters.emulator.ecs_agent.task_runner import TaskRunner
from studyctl.adapters.emulator.ecs_agent.tracking import Scaling, scale
from studyctl.adapters.emulator.ecs_agent.traffic import Traffic
from studyctl.adapters.emulator.ecs_agent.watch import Watch

log = logging.getLogger("studyctl.emulator")

BUSY_SECONDS = 0.1
STEADY_SECONDS = 0.4
IDLE_SECONDS = 2.0
DATA_ARE_FRESH_SECONDS = 600.0


class DataServers(Protocol):
    """The servers that stand for the account's databases and caches."""

    @property
    def running(self) -> Iterable[RunningServer]:
        """Those that were started."""
        ...

    def follow(self) -> None:
        """Let every server be as its resource is."""
        ...


class Rounds:
    """Used by the agent's thread only."""

    def __init__(
        self,
        accounts: Accounts,
        runner: TaskRunner,
        traffic: Traffic,
        pace: Pace,
        servers: DataServers,
    ) -> None:
        self._accounts = accounts
        self._runner = runner
        self._traffic = traffic
        self._pace = pace
        self._servers = servers
        self._watch = Watch(accounts, pace, lambda: servers.running)
        self._ecs = EcsRound(accounts, self._watch, pace)

    def run(self) -> float | None:
        """One round. How long to wait for the next one unless something happens; None: until something happens."""
        events = self._runner.events()
        standings = self._traffic.standings()
        tasks: dict[Place, Sequence[TaskRecord]] = {}
        places = self._accounts.places("ecs")
        for place in places:
            tasks[place], orders = self._ecs.run(place, events, standings, self._traffic.delays)
            for order in orders:
                self._runner.carry_out(order)
        self._traffic.direct(tasks)
        everything = [task for those in tasks.values() for task in those]
        self._runner.keep(everything)
        self._runner.ask_containers([task for task in everything if task.stage is Stage.RUNNING])
        self._runner.bring_logs(self._accounts)
        self._measure(tasks)
        return self._pause(places, everything)

    def _measure(self, tasks: dict[Place, Sequence[TaskRecord]]) -> None:
        requests = list(self._traffic.requests())
        for place in tasks:
            own = {each.arn for each in self._traffic.balancers_in(place)}
            self._watch.note_requests(place, [each for each in requests if each.balancer.arn in own])
        if not self._watch.is_due:
            return
        self._servers.follow()
        self._watch.begin_minute([task for those in tasks.values() for task in those])
        for place in {*tasks, *self._accounts.places("cloudwatch")}:
            self._watch.look(place, tasks.get(place, ()), self._traffic.balancers_in(place))
        for place in tasks:
            self._scale(place)

    def _scale(self, place: Place) -> None:
        """Let target tracking move the wanted counts."""
        store = self._watch.store(place)
        with self._accounts.open("ecs", place) as backend:
            services = [record for each in backend.services.values() if (record := service_record(each))]
            for record in services:
                change = self._scaling(record, store) if record.model.status == "ACTIVE" else None
                if change is not None:
                    record.model.desired_count, record.scaled_seconds = change.desired, time.monotonic()
                    announce(record, f"has its desired count set to {change.desired} by policy {change.policy}.")

    def _scaling(self, record: ServiceRecord, store: MetricStore) -> Scaling | None:
        scaled = Scaled(record.model.cluster_name, record.name)
        with self._accounts.open("applicationautoscaling", record.place) as backend:
            capacity = capacity_of(backend, scaled, record.desired_count)
            if capacity is None or capacity.minimum == capacity.maximum:
                return None
            policies = policies_of(backend, store, scaled, pace=self._pace, now_seconds=time.time())
        return scale(
            policies,
            capacity,
            seconds_since_last=time.monotonic() - record.scaled_seconds,
            is_deploying=record.rollout.primary.is_in_progress,
        )

    def _pause(self, places: Sequence[Place], tasks: Sequence[TaskRecord]) -> float | None:
        if any(self._ecs.needs_attention(place) for place in places):
            return BUSY_SECONDS
        if tasks:
            return STEADY_SECONDS
        if any(self._ecs.has_services(place) for place in places) or self._has_fresh_data():
            return IDLE_SECONDS
        return None

    def _has_fresh_data(self) -> bool:
        """Whether somebody has put metrics that alarms may want to see."""
        fresh_since = time.time() - DATA_ARE_FRESH_SECONDS
        for place in self._accounts.places("cloudwatch"):
            with self._accounts.open("cloudwatch", place) as backend:
                if store_of(backend).put_seconds > fresh_since:
                    return True
        return False
