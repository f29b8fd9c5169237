"""One scripted life of a service, held against boto3's own waiters and against what AWS documents of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.emulator.ecs_agent.fleet import Client, Fleet, primary
from tests.emulator.ecs_agent.recording import Recording
from tests.support.until import until

from studyctl.adapters.emulator.process import EmulatorEndpoint

DESIRED = 2
LIFE = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]


@dataclass(frozen=True)
class Story:
    """A good deployment, a better one, a bad one that goes back; and the end of the service."""

    seen: Recording
    first: str
    second: str
    bad: str
    family: str

    def started_by(self, deployment: str) -> list[str]:
        return [arn for arn, task in self.seen.tasks.items() if task["startedBy"] == deployment]


@pytest.fixture(scope="module")
def story(
    emulator: EmulatorEndpoint, client: Client, subnets: list[str], security_group: str, cluster: str
) -> Iterator[Story]:
    fleet = Fleet(client, emulator.log_path.parent, subnets, security_group, cluster)
    balanced = fleet.balance("peer")
    stable = fleet.ecs.get_waiter("services_stable")
    quickly = {"Delay": 0.1, "MaxAttempts": 600}
    v1, v2, v3 = (fleet.define("peer", fleet.image(*image)) for image in (("v1",), ("v2",), ("peer-crash", "crash")))
    with Recording(fleet, "peer", balanced.blue) as seen:
        fleet.serve("peer", v1, balanced, desiredCount=DESIRED)
        stable.wait(cluster=cluster, services=["peer"], WaiterConfig=quickly)
        first = str(primary(fleet.await_complete("peer"))["id"])
        second = fleet.update("peer", taskDefinition=v2)
        fleet.await_state("peer", second, "COMPLETED")
        stable.wait(cluster=cluster, services=["peer"], WaiterConfig=quickly)
        bad = fleet.update("peer", taskDefinition=v3)
        until(lambda: primary(fleet.service("peer"))["id"] == second, "the way back")
        fleet.await_state("peer", second, "COMPLETED")
        stable.wait(cluster=cluster, services=["peer"], WaiterConfig=quickly)
        fleet.close()
        fleet.ecs.get_waiter("services_inactive").wait(cluster=cluster, services=["peer"], WaiterConfig=quickly)
    yield Story(seen, first, second, bad, "peer")


# --- what AWS documents, and how it shows


def _a_deployment_begins_in_progress_and_ends_completed(story: Story) -> bool:
    return story.seen.states(story.first) == ["IN_PROGRESS", "COMPLETED"]


def _the_breaker_sets_it_to_failed(story: Story) -> bool:
    return story.seen.states(story.bad) == ["IN_PROGRESS", "FAILED"]


def _the_last_completed_one_goes_in_progress_again(story: Story) -> bool:
    return story.seen.states(story.second) == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS", "COMPLETED"]


def _one_is_primary_and_the_others_active(story: Story) -> bool:
    return all(
        [each["status"] for each in snapshot["deployments"]]
        == ["PRIMARY"] + ["ACTIVE"] * (len(snapshot["deployments"]) - 1)
        for snapshot in story.seen.snapshots
        if snapshot["status"] == "ACTIVE"
    )


def _the_primary_is_the_most_recent_task_definition(story: Story) -> bool:
    return all(
        snapshot["taskDefinition"] == snapshot["deployments"][0]["taskDefinition"]
        for snapshot in story.seen.snapshots
        if snapshot["deployments"]
    )


def _enough_tasks_run(story: Story) -> bool:
    since = next(i for i, each in enumerate(story.seen.snapshots) if each["runningCount"] == DESIRED)
    during = [each for each in story.seen.snapshots[since:] if each["status"] == "ACTIVE" and each["desiredCount"]]
    return all(each["runningCount"] >= DESIRED for each in during)


def _never_too_many_tasks(story: Story) -> bool:
    return all(each["runningCount"] + each["pendingCount"] <= 2 * DESIRED for each in story.seen.snapshots)


def _three_failures_are_enough(story: Story) -> bool:
    return max(each["failedTasks"] for each in story.seen.deployments(story.bad)) in (3, 4)


def _a_failed_deployment_starts_nothing_more(story: Story) -> bool:
    """Tasks start in waves of two: the breaker trips within the second one."""
    return len(story.started_by(story.bad)) == 2 * DESIRED


def _failures_are_in_a_row(story: Story) -> bool:
    return all(each["failedTasks"] == 0 for each in story.seen.deployments(story.first))


def _tasks_live_in_one_direction(story: Story) -> bool:
    return all(
        [LIFE.index(state) for state in life] == sorted(map(LIFE.index, life)) for life in story.seen.lives.values()
    )


def _a_deleted_service_drains(story: Story) -> bool:
    statuses = [snapshot["status"] for snapshot in story.seen.snapshots]
    in_order = sorted(statuses, key=["ACTIVE", "DRAINING", "INACTIVE"].index)
    return statuses == in_order and set(statuses) == {"ACTIVE", "DRAINING", "INACTIVE"}


def _no_task_outlives_its_service(story: Story) -> bool:
    return all(life[-1] == "STOPPED" for life in story.seen.lives.values())


def _an_essential_container_takes_its_task_along(story: Story) -> bool:
    tasks = [story.seen.tasks[arn] for arn in story.started_by(story.bad)]
    own = [task for task in tasks if task["stopCode"] == "EssentialContainerExited"]
    return len(own) >= 3 and all(
        task["stoppedReason"] == "Essential container in task exited" and task["containers"][0]["exitCode"] == 3
        for task in own
    )


def _who_is_replaced_ends_politely(story: Story) -> bool:
    tasks = [story.seen.tasks[arn] for arn in story.started_by(story.first)]
    return all(
        (task["stopCode"], task["containers"][0]["exitCode"]) == ("ServiceSchedulerInitiated", 0) for task in tasks
    )


def _targets_begin_as_initial(story: Story) -> bool:
    """A state may pass between two looks; what is never seen is a target that goes back to it."""
    lives = list(story.seen.targets.values())
    return any(life[0] == "initial" for life in lives) and not any("initial" in life[1:] for life in lives)


def _targets_drain_before_they_are_gone(story: Story) -> bool:
    served = [life for life in story.seen.targets.values() if "healthy" in life]
    return len(served) == 2 * DESIRED and all(life[-1] == "draining" for life in served)


def _started_by_names_the_deployment(story: Story) -> bool:
    return {task["startedBy"] for task in story.seen.tasks.values()} == {story.first, story.second, story.bad}


def _events_say_what_happened(story: Story) -> bool:
    said = {event["message"] for snapshot in story.seen.snapshots for event in snapshot["events"]}
    return {
        f"(service peer) (deployment {story.first}) deployment completed.",
        "(service peer) has reached a steady state.",
        f"(service peer) (deployment {story.bad}) deployment failed: tasks failed to start.",
        f"(service peer) rolling back to deployment {story.second}.",
    } <= said


def _reasons_are_in_the_words_of_aws(story: Story) -> bool:
    reasons = [
        each["rolloutStateReason"]
        for identifier in (story.first, story.bad, story.second)
        for each in story.seen.deployments(identifier)
    ]
    return {
        f"ECS deployment {story.first} in progress.",
        f"ECS deployment {story.first} completed.",
        "ECS deployment circuit breaker: tasks failed to start.",
        f"ECS deployment circuit breaker: rolling back to deploymentId {story.second}.",
    } <= set(reasons)


API = "Amazon ECS API Reference, "
GUIDE = "Amazon ECS Developer Guide, "
BREAKER = GUIDE + "'How the Amazon ECS deployment circuit breaker detects failures'"
ROLLING = GUIDE + "'Deploy Amazon ECS services by replacing tasks'"

# source, what it says (shortened), and what must then be seen
DOCUMENTED: list[tuple[str, str, Callable[[Story], bool]]] = [
    (
        API + "Deployment.rolloutState",
        "When a service deployment is started, it begins in an IN_PROGRESS state. When the service reaches a steady "
        "state, the deployment transitions to a COMPLETED state.",
        _a_deployment_begins_in_progress_and_ends_completed,
    ),
    (
        API + "Deployment.rolloutState",
        "If the service fails to reach a steady state and circuit breaker is turned on, the deployment transitions to "
        "a FAILED state.",
        _the_breaker_sets_it_to_failed,
    ),
    (
        API + "Deployment.rolloutState",
        "A deployment in FAILED state doesn't launch any new tasks.",
        _a_failed_deployment_starts_nothing_more,
    ),
    (
        BREAKER,
        "It looks for the most recent deployment that is in a COMPLETED state. When the rollback starts, the "
        "deployment changes from a COMPLETED to IN_PROGRESS.",
        _the_last_completed_one_goes_in_progress_again,
    ),
    (BREAKER, "3 <= 0.5 * desired task count <= 200: with two tasks three failures.", _three_failures_are_enough),
    (
        API + "Deployment.failedTasks",
        "The number of consecutively failed tasks in the deployment.",
        _failures_are_in_a_row,
    ),
    (
        API + "Deployment.status",
        "PRIMARY: the most recent deployment of a service. ACTIVE: a service deployment that still has running tasks, "
        "but are in the process of being replaced with a new PRIMARY deployment.",
        _one_is_primary_and_the_others_active,
    ),
    (
        API + "Service.taskDefinition",
        "The task definition to use for tasks in the service.",
        _the_primary_is_the_most_recent_task_definition,
    ),
    (
        ROLLING,
        "minimumHealthyPercent represents a lower limit on the number of your service's tasks that must remain in the "
        "RUNNING state during a deployment.",
        _enough_tasks_run,
    ),
    (
        ROLLING,
        "maximumPercent represents an upper limit on the number of your service's tasks that are allowed in the "
        "RUNNING or PENDING state during a deployment.",
        _never_too_many_tasks,
    ),
    (
        GUIDE + "'Amazon ECS task lifecycle'",
        "A task progresses through PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, "
        "STOPPED.",
        _tasks_live_in_one_direction,
    ),
    (
        API + "DeleteService",
        "With running tasks the status moves from ACTIVE to DRAINING, and to INACTIVE after all tasks have stopped.",
        _a_deleted_service_drains,
    ),
    (API + "DeleteService", "INACTIVE: all tasks are STOPPING or STOPPED.", _no_task_outlives_its_service),
    (
        API + "ContainerDefinition.essential",
        "If the essential parameter of a container is true, and that container fails or stops for any reason, all "
        "other containers that are part of the task are stopped.",
        _an_essential_container_takes_its_task_along,
    ),
    (
        API + "StopTask",
        "The equivalent of docker stop is issued: SIGTERM, and SIGKILL after a timeout. A container that handles the "
        "SIGTERM gracefully exits and no SIGKILL is sent.",
        _who_is_replaced_ends_politely,
    ),
    (
        "Elastic Load Balancing User Guide, 'Target health status'",
        "initial: the load balancer is registering the target or performing the initial health checks.",
        _targets_begin_as_initial,
    ),
    (
        "Elastic Load Balancing User Guide, 'Deregistration delay'",
        "The initial state of a deregistering target is draining.",
        _targets_drain_before_they_are_gone,
    ),
    (
        API + "Task.startedBy",
        "If a service started the task, startedBy contains the deployment ID of that service.",
        _started_by_names_the_deployment,
    ),
    (GUIDE + "'Amazon ECS service event messages'", "How events of a service read.", _events_say_what_happened),
    (API + "Deployment.rolloutStateReason", "A description of the rollout state.", _reasons_are_in_the_words_of_aws),
]


@pytest.mark.parametrize(
    ("source", "says", "shows"), DOCUMENTED, ids=[shows.__name__.removeprefix("_") for _, _, shows in DOCUMENTED]
)
def test_what_aws_documents_holds_here(story: Story, source: str, says: str, shows: Callable[[Story], bool]) -> None:
    assert shows(story), f"{source}: {says}"
