"""A command that dies at any call, before or after it took effect, and is resumed: the same end every time."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import pytest
from tests.support.releases.commands import QUICK, Environment
from tests.support.releases.definitions import digest
from tests.support.releases.world import Behaviour, World

from studyctl.domain.release.definitions import image_of
from studyctl.domain.release.strategy import Strategy, StrategyKind
from studyctl.errors import ReleaseFailed, StudyctlError

GOOD = Behaviour()
CANARY = QUICK.model_copy(update={"kind": StrategyKind.CANARY})
BLUE_GREEN = QUICK.model_copy(update={"kind": StrategyKind.BLUE_GREEN})
SCHEMA = '{"schema": {"app_version": "2", "schema_version": "1", "pending": [{"id": "0002", "kind": "expand"}]}}'


@dataclass(frozen=True)
class Case:
    """What is done after release `a` was proven, and how it ends."""

    name: str
    command: Callable[[Environment], object] = lambda environment: environment.release("b")
    behaviour: Behaviour = GOOD
    api: Strategy = QUICK
    failure: type[StudyctlError] | None = None
    serves: str = "b"
    stride: int = 3
    """Every moment of the longest case, every third of the others: 2 and 3 have nothing in common, so both sides of
    calls are met."""

    def prepared(self) -> Environment:
        environment = Environment(World(services_kept=("api", "document"), desired=1), strategies={"api": self.api})
        environment.release("a")
        environment.world.behaviours[digest("b")] = self.behaviour
        environment.world.task_lines_by_command = {"migrate --describe": (SCHEMA,), "migrate": ("done",)}
        return environment


CASES = (
    Case("rolling"),
    Case("migrations first", lambda environment: environment.release("b", run_before=("migrate",))),
    Case("canary", api=CANARY),
    Case("blue green", api=BLUE_GREEN),
    Case("crashes", behaviour=Behaviour(crashes=True), failure=ReleaseFailed, serves="a"),
    Case("wrong", behaviour=Behaviour(is_wrong=True), failure=ReleaseFailed, serves="a"),
    Case("rings in the bake", behaviour=Behaviour(rings_after_seconds=2), failure=ReleaseFailed, serves="a"),
    Case("slow canary", behaviour=Behaviour(p95_seconds=0.5), api=CANARY, failure=ReleaseFailed, serves="a", stride=1),
    Case("failing canary", behaviour=Behaviour(error_rate=0.2), api=CANARY, failure=ReleaseFailed, serves="a"),
    Case("crashing canary", behaviour=Behaviour(crashes=True), api=CANARY, failure=ReleaseFailed, serves="a"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_f103_a_release_killed_at_any_call_is_resumed_to_the_same_end(case: Case) -> None:
    prepared = case.prepared()
    straight = deepcopy(prepared)
    failure = straight.until_done(lambda: case.command(straight))
    assert type(failure) is (case.failure or type(None))
    expected = standing(straight)
    assert expected.images == {digest(case.serves)}

    moments = 2 * straight.calls  # before each call, and after it
    assert moments > 20
    for moment in range(0, moments, case.stride):
        environment = deepcopy(prepared)
        environment.world.kill_at = moment
        environment.until_done(partial(case.command, environment))
        while environment.resume() is not None:
            pytest.fail("a resume that came to its end left something to resume")
        if not environment.world.dead:
            continue  # it had come to its end before that call
        after = standing(environment)
        if not began(environment):
            assert after.images == {digest("a")}  # it died before anything was decided
            continue
        assert after == expected, f"killed at {moment}"


@dataclass(frozen=True)
class Standing:
    """What can be seen of an environment at rest."""

    images: frozenset[str]
    statuses: tuple[tuple[str, str], ...]
    green_services: tuple[str, ...]
    green_percent: frozenset[int]
    is_locked: bool


def standing(environment: Environment) -> Standing:
    world = environment.world
    serving = world.serving_arns().values()
    return Standing(
        images=frozenset(image_of(world.definitions[arn]).rpartition("@")[2] for arn in serving),
        statuses=tuple((entry.operation, entry.status) for entry in environment.entries),
        green_services=tuple(name for name in world.services if name.endswith("-green")),
        green_percent=frozenset(world.green_percent.values()),
        is_locked=environment.lock.lock is not None,
    )


def began(environment: Environment) -> bool:
    return len(environment.entries) > 1
