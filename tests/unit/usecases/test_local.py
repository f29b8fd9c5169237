"""Which parts are started and stopped, in which order, and what the balancer is told, with a stack that only notes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.local.parts import BALANCER, DATABASE, EVERY_PART, PARTS, Part, Stage
from studyctl.errors import PreflightFailed
from studyctl.usecases import local
from studyctl.usecases.local import Place

ONLY = st.lists(st.sampled_from(sorted(EVERY_PART)), unique=True, max_size=4)


@dataclass
class NotingStack:
    """Remembers what runs and in which order it was asked."""

    fails: str = ""
    running: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    routes: list[str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def require(self, wanted: Sequence[Part]) -> None:
        assert not self.asked
        self.asked.append("require")

    def start(self, part: Part) -> Place:
        with self.lock:
            self.asked.append(part.name)
            if part.name == self.fails:
                raise PreflightFailed(f"{part.name} did not start")
            self.running.add(part.name)
        return self.look(part)

    def stop(self, part: Part) -> bool:
        with self.lock:
            self.asked.append(part.name)
            was_running = part.name in self.running
            self.running.discard(part.name)
        return was_running

    def erase(self, part: Part) -> None:
        with self.lock:
            self.erased.add(part.name)

    def look(self, part: Part) -> Place:
        return Place(part, "running", 1, f"http://{part.name}") if part.name in self.running else Place(part, "stopped")

    def migrate(self) -> None:
        self.asked.append("migrate")

    def route(self, serving: Sequence[Place]) -> None:
        self.routes = [place.part.name for place in serving]


def stage_of(name: str) -> Stage | None:
    return EVERY_PART[name].stage if name in EVERY_PART else None


def up(stack: NotingStack, *only: str) -> tuple[Place, ...]:
    return local.up(stack, only=only, tell=lambda _: None)


@given(ONLY)
def test_stages_start_one_after_another_and_the_database_is_migrated_between(only: list[str]) -> None:
    stack = NotingStack()
    places = up(stack, *only)

    assert stack.asked[0] == "require"
    stages = [stage for name in stack.asked if (stage := stage_of(name)) is not None]
    assert stages == sorted(stages)
    has_services = Stage.SERVICES in stages
    assert stack.asked.count("migrate") == has_services
    if has_services:
        first_service = stages.index(Stage.SERVICES) + 1  # after "require"
        assert stack.asked[first_service] == "migrate"
    assert {place.part.name for place in places} == stack.running


def test_the_balancer_leads_to_what_serves_requests_and_only_while_it_runs() -> None:
    stack = NotingStack()
    up(stack, "api")
    assert stack.routes is None
    up(stack := NotingStack(running={"api"}), BALANCER)
    assert stack.routes == ["api"]
    up(stack := NotingStack())
    assert stack.routes == ["api", "notification"]
    local.down(stack, only=["notification"])
    assert stack.routes == ["api"]


def test_a_failure_leaves_what_runs_and_starts_nothing_further() -> None:
    stack = NotingStack(fails=DATABASE)
    with pytest.raises(PreflightFailed, match="database did not start"):
        up(stack)
    assert stack.running == {part.name for part in PARTS.values() if part.stage is Stage.SERVERS} - {DATABASE}
    assert "migrate" not in stack.asked


@given(ONLY, st.sets(st.sampled_from(sorted(EVERY_PART))))
def test_what_is_named_stops_last_started_first_and_what_ran_is_told(only: list[str], running: set[str]) -> None:
    stack = NotingStack(running=set(running))
    stopped = local.down(stack, only=only)

    named = set(only) or set(EVERY_PART)
    assert {part.name for part in stopped} == running & named
    assert stack.running == running - named
    stages = [EVERY_PART[name].stage for name in stack.asked]
    assert stages == sorted(stages, reverse=True)
    assert stack.erased == set()


@given(ONLY)
def test_erasing_takes_only_what_is_named(only: list[str]) -> None:
    stack = NotingStack()
    local.down(stack, only=only, erase=True)
    assert stack.erased == (set(only) or set(EVERY_PART))


def test_looking_starts_nothing() -> None:
    stack = NotingStack(running={"api"})
    assert [place.is_running for place in local.look(stack, only=["api", "quiz"])] == [True, False]
    assert stack.asked == []
