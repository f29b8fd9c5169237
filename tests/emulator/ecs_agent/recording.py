"""What the API says of a service while a script runs, written down many times a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.ecs_agent.fleet import Fleet

EVERY_SECONDS = 0.05


@dataclass
class Recording:
    """Snapshots in their order; `lives` are the states that each task went through, `targets` those of each target."""

    fleet: Fleet
    service: str
    group: str
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    lives: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, list[str]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Recording:
        self._thread = threading.Thread(target=self._record)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._look()

    def _record(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        self.snapshots.append(self.fleet.service(self.service))
        for task in (*self.fleet.tasks(self.service), *self.fleet.tasks(self.service, "STOPPED")):
            self.tasks[task["taskArn"]] = task
            _add(self.lives, task["taskArn"], task["lastStatus"])
        described = self.fleet.elb.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        for target in described:
            _add(self.targets, target["Target"]["Id"], target["TargetHealth"]["State"])

    def deployments(self, identifier: str) -> list[dict[str, Any]]:
        """One deployment, as it was seen."""
        return [
            deployment
            for snapshot in self.snapshots
            for deployment in snapshot["deployments"]
            if deployment["id"] == identifier
        ]

    def states(self, identifier: str) -> list[str]:
        """The rollout states of a deployment, each once."""
        found: list[str] = []
        for deployment in self.deployments(identifier):
            if found[-1:] != [deployment["rolloutState"]]:
                found.append(deployment["rolloutState"])
        return found


def _add(lives: dict[str, list[str]], name: str, state: str) -> None:
    life = lives.setdefault(name, [])
    if life[-1:] != [state]:
        life.append(state)
