"""A way back whose deployment does not come to its end: ECS turned it back, or somebody else deployed after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from tests.support.releases.commands import Environment, serving, told
from tests.support.releases.definitions import digest
from tests.support.releases.world import Behaviour

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.definitions import image_of, with_image
from studyctl.domain.release.seen import DeploymentSeen, RolloutState, ServiceSeen
from studyctl.errors import ReleaseFailed, RollbackFailed

API, NOTIFICATION = "study-dev-api", "study-dev-notification"
BACK_TO = "ECS deployment alarms: rolling back to deploymentId {}."


@dataclass
class WayBack:
    """Release b answers wrongly, so a comes back; the first time that ECS is at it, something happens to a service."""

    environment: Environment
    happens: Callable[[ServiceSeen, DeploymentSeen], ServiceSeen]
    services: tuple[str, ...] = (API,)
    struck: list[str] = field(default_factory=list)

    def look(self) -> None:
        world = self.environment.world
        for name in self.services:
            seen = world.services[name]
            if len(self.environment.entries) == 3 and name not in self.struck and seen.primary and self._is_a(seen):
                self.struck.append(name)
                world.services[name] = self.happens(seen, seen.primary)
                world.alarms[f"{name}-rollback-memory"] = AlarmState.ALARM

    def run(self) -> None:
        self.environment.world.behaviours[digest("b")] = Behaviour(is_wrong=True)
        self.environment.world.on_tick = self.look
        self.environment.release("b")

    def _is_a(self, seen: ServiceSeen) -> bool:
        return seen.primary is not None and self._image(seen.primary.definition_arn) == digest("a")

    def _image(self, arn: str) -> str:
        return image_of(self.environment.world.definitions[arn]).rpartition("@")[2]


@pytest.fixture
def environment() -> Environment:
    made = Environment()
    made.release("a")
    return made


def turned_back(seen: ServiceSeen, ours: DeploymentSeen) -> ServiceSeen:
    """As ECS does: the one before is the primary one again, and ours has failed."""
    failed = replace(ours, state=RolloutState.FAILED, reason="ECS deployment alarms: alarm detected.", is_primary=False)
    bad = next(each for each in seen.deployments if each.id != ours.id)
    back = replace(bad, is_primary=True, state=RolloutState.IN_PROGRESS, reason=BACK_TO.format(bad.id))
    return replace(seen, deployments=(back, failed))


def done_turning_back(seen: ServiceSeen, ours: DeploymentSeen) -> ServiceSeen:
    """The same, when nobody looked until it was done: only an event tells of it."""
    back, _ = turned_back(seen, ours).deployments
    event = f"(service {seen.name}) rolling back to deployment {back.id}."
    back = replace(back, state=RolloutState.COMPLETED, reason=f"ECS deployment {back.id} completed.")
    return replace(seen, deployments=(back,), events=(event, *seen.events))


@pytest.mark.parametrize("happens", [turned_back, done_turning_back])
def test_what_an_alarm_of_the_bad_tasks_turned_back_is_told_once_more(
    environment: Environment, happens: Callable[[ServiceSeen, DeploymentSeen], ServiceSeen]
) -> None:
    story = WayBack(environment, happens)
    with pytest.raises(ReleaseFailed, match="release 2 failed"):
        story.run()
    assert story.struck == [API]
    assert serving(environment) == {"a"}
    assert told(environment)[1:] == [("release", "failed"), ("return", "proven")]


@pytest.fixture
def theirs(environment: Environment) -> str:
    """A revision that somebody else made."""
    world = environment.world
    (arn,) = [arn for arn in environment.world.serving_arns().values() if f"/{API}:" in arn]
    mine = world.definitions[arn]
    return world.register(with_image(mine, image_of(mine).rpartition("@")[0] + f"@{digest('9')}"), {})


@pytest.mark.parametrize("has_turned_back_before", [False, True], ids=["at once", "after ECS had turned ours back"])
def test_what_somebody_else_deployed_meanwhile_is_left_alone_whatever_rings(
    environment: Environment, theirs: str, *, has_turned_back_before: bool
) -> None:
    def deploy(seen: ServiceSeen, ours: DeploymentSeen) -> ServiceSeen:
        before = done_turning_back(turned_back(seen, ours), ours) if has_turned_back_before else seen
        old = tuple(replace(each, is_primary=False) for each in before.deployments)
        newer = DeploymentSeen("ecs-svc/theirs", True, theirs, RolloutState.IN_PROGRESS, desired=seen.desired)
        return replace(before, deployments=(newer, *old))

    story = WayBack(environment, deploy)
    with pytest.raises(RollbackFailed, match="ECS now deploys study-dev-api:") as failure:
        story.run()
    assert failure.value.exit_code == 9
    assert environment.world.serving_arns()["api"] == theirs
    assert environment.entries[-1].found_serving["api"] == theirs
    assert told(environment)[1:] == [("release", "failed"), ("return", "failed")]


def test_one_that_ecs_turned_back_is_not_told_again_where_somebody_deployed_another_of_the_step(
    environment: Environment, theirs: str
) -> None:
    def each(seen: ServiceSeen, ours: DeploymentSeen) -> ServiceSeen:
        if seen.name == NOTIFICATION:
            return turned_back(seen, ours)
        newer = DeploymentSeen("ecs-svc/theirs", True, theirs, RolloutState.IN_PROGRESS, desired=seen.desired)
        return replace(seen, deployments=(newer, replace(ours, is_primary=False)))

    story = WayBack(environment, each, services=(NOTIFICATION, API))
    with pytest.raises(RollbackFailed, match="ECS now deploys"):
        story.run()
    assert environment.world.serving_arns()["api"] == theirs
