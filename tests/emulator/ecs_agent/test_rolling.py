"""Rolling deployments on the emulator, through boto3: good ones lose nothing, bad ones go back."""

from __future__ import annotations

import os
import signal

import pytest
from tests.emulator.ecs_agent.fleet import Fleet, Stopwatch, primary, say
from tests.emulator.ecs_agent.load import Load
from tests.support.until import until


def test_a_new_version_replaces_the_old_one_and_no_request_is_lost(fleet: Fleet) -> None:
    balanced = fleet.balance("rolling")
    fleet.serve("rolling", fleet.define("rolling", fleet.image("v1")), balanced, desiredCount=2)
    fleet.await_complete("rolling")
    assert fleet.target_states(balanced.blue) == ["healthy", "healthy"]

    with fleet.load(balanced) as load:
        until(lambda: load.answers["v1"] > 50, "traffic")
        watch = Stopwatch("v1 to v2")
        deployment = fleet.update("rolling", taskDefinition=fleet.define("rolling", fleet.image("v2")))
        until(lambda: load.answers["v2"], "the first answer of v2")
        watch.lap("first answer")
        described = fleet.await_state("rolling", deployment, "COMPLETED")
        watch.lap("complete")
        answered = load.answers["v2"]
        until(lambda: load.answers["v2"] > answered + 50, "traffic to v2")

    assert dict(load.failures) == {}, f"of {load.count}"
    assert [each["id"] for each in described["deployments"]] == [deployment]
    assert (described["runningCount"], described["pendingCount"]) == (2, 0)
    assert {task["startedBy"] for task in fleet.tasks("rolling")} == {deployment}
    assert {task["stoppedReason"] for task in fleet.stopped("rolling")} == {
        f"Scaling activity initiated by (deployment {deployment})"
    }


@pytest.mark.parametrize(
    ("behaviour", "stop_code", "reason"),
    [
        ("crash", "EssentialContainerExited", "Essential container in task exited"),
        ("health-500", "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group "),
    ],
)
def test_a_bad_version_trips_the_breaker_and_the_old_one_serves_on(
    fleet: Fleet, behaviour: str, stop_code: str, reason: str
) -> None:
    name = f"bad-{behaviour}"
    balanced = fleet.balance(name)
    fleet.serve(name, fleet.define(name, fleet.image("v1")), balanced, desiredCount=2)
    good = primary(fleet.await_complete(name))

    with fleet.load(balanced) as load:
        until(lambda: load.answers["v1"] > 20, "traffic")
        watch = Stopwatch(behaviour)
        bad = fleet.update(name, taskDefinition=fleet.define(name, fleet.image(f"bad-{behaviour}", behaviour)))
        event = f"(service {name}) (deployment {bad}) deployment failed: tasks failed to start."
        until(lambda: event in fleet.events(name), "the breaker")
        watch.lap("seen")
        described = fleet.await_state(name, good["id"], "COMPLETED")
        watch.lap("back")

    assert dict(load.failures) == {}, f"of {load.count}"
    assert described["taskDefinition"] == good["taskDefinition"], "the service says what it runs again"
    assert f"(service {name}) rolling back to deployment {good['id']}." in fleet.events(name)
    bad_tasks = [task for task in fleet.stopped(name) if task["startedBy"] == bad]
    failed = [task for task in bad_tasks if task["stopCode"] == stop_code and task["stoppedReason"].startswith(reason)]
    assert len(failed) >= 3
    if behaviour == "crash":
        assert {task["containers"][0]["exitCode"] for task in failed} == {3}


def test_a_missing_image_is_what_aws_says_of_it(fleet: Fleet) -> None:
    fleet.serve("missing", fleet.define("missing", fleet.image("v1")))
    good = primary(fleet.await_complete("missing"))
    missing = fleet.image("v1").rpartition("@")[0] + "@sha256:" + "12" * 32
    watch = Stopwatch("missing image")
    bad = fleet.update("missing", taskDefinition=fleet.define("missing", missing))
    fleet.await_state("missing", good["id"], "COMPLETED")
    watch.lap("back")

    [reason] = {task["stoppedReason"] for task in fleet.stopped("missing") if task["startedBy"] == bad}
    assert reason.startswith("CannotPullContainerError: ")
    assert f"{missing}: not found" in reason
    assert {task["stopCode"] for task in fleet.stopped("missing") if task["startedBy"] == bad} == {"TaskFailedToStart"}


def test_a_service_that_was_never_released_tries_once_and_says_what_to_do(fleet: Fleet) -> None:
    nothing = fleet.image("v1").rpartition("@")[0] + "@sha256:" + "0" * 64
    fleet.serve("fresh", fleet.define("fresh", nothing), desiredCount=3)
    until(lambda: any("studyctl release" in event for event in fleet.events("fresh")), "the advice")
    until(lambda: fleet.service("fresh")["pendingCount"] == 0, "the end of the first tries")
    started = len(fleet.stopped("fresh"))
    described = fleet.service("fresh")

    assert primary(described)["rolloutState"] in {"IN_PROGRESS", "FAILED"}
    first = fleet.update("fresh", taskDefinition=fleet.define("fresh", fleet.image("v1")))
    fleet.await_state("fresh", first, "COMPLETED")
    assert len([task for task in fleet.stopped("fresh") if task["startedBy"] != first]) == started, "no further try"


def test_a_killed_task_is_replaced(fleet: Fleet) -> None:
    balanced = fleet.balance("killed")
    fleet.serve("killed", fleet.define("killed", fleet.image("v1")), balanced, desiredCount=2)
    fleet.await_complete("killed")
    before = {task["taskArn"] for task in fleet.tasks("killed")}
    with fleet.load(balanced) as load:
        until(lambda: load.answers["v1"] > 20, "traffic")
        watch = Stopwatch("killed task")
        os.kill(fleet.process_of("killed"), signal.SIGKILL)
        until(lambda: len(fleet.stopped("killed")) == 1, "the loss to be seen")
        watch.lap("seen")
        until(lambda: fleet.target_states(balanced.blue) == ["healthy", "healthy"], "the replacement")
        watch.lap("replaced")
    [dead] = fleet.stopped("killed")

    assert dead["containers"][0]["exitCode"] == 137
    assert len(before & {task["taskArn"] for task in fleet.tasks("killed")}) == 1
    say(f"killed task: {load.failures.total()} of {load.count} requests failed")


def test_a_task_that_ignores_sigterm_is_killed_after_its_stop_timeout(fleet: Fleet) -> None:
    fleet.serve("stubborn", fleet.define("stubborn", fleet.image("stubborn", "stubborn"), stopTimeout=2))
    fleet.await_complete("stubborn")
    fleet.update("stubborn", desiredCount=0)
    until(lambda: len(fleet.stopped("stubborn")) == 1, "its end")

    assert fleet.stopped("stubborn")[0]["containers"][0]["exitCode"] == 137


def test_without_room_for_more_tasks_old_ones_go_first(fleet: Fleet) -> None:
    bounds = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    fleet.serve("tight", fleet.define("tight", fleet.image("v1")), desiredCount=2, deploymentConfiguration=bounds)
    fleet.await_complete("tight")
    deployment = fleet.update("tight", taskDefinition=fleet.define("tight", fleet.image("v2")))
    seen: set[int] = set()

    def look() -> bool:
        service = fleet.service("tight")
        seen.add(service["runningCount"] + service["pendingCount"])
        return bool(primary(service)["rolloutState"] == "COMPLETED")

    until(look, "the deployment")
    assert primary(fleet.service("tight"))["id"] == deployment
    assert max(seen) <= 2


def test_weights_move_requests_between_two_services(fleet: Fleet) -> None:
    balanced = fleet.balance("canary")
    fleet.serve("canary-blue", fleet.define("canary-blue", fleet.image("v1")), balanced)
    green = [{"targetGroupArn": balanced.green, "containerName": "app", "containerPort": 8000}]
    fleet.serve(
        "canary-green",
        fleet.define("canary-green", fleet.image("v2")),
        loadBalancers=green,
        healthCheckGracePeriodSeconds=60,
    )
    fleet.await_complete("canary-blue")
    fleet.await_complete("canary-green")
    with fleet.load(balanced) as load:
        until(lambda: load.answers["v1"] > 30, "traffic")
        assert load.answers["v2"] == 0, "a group without weight is checked, and gets nothing"
        fleet.shift(balanced, 50)
        until(lambda: load.answers["v2"] > 30, "half of the traffic")
        fleet.shift(balanced, 0)
        until(lambda: _is_all(load, "v2"), "all of the traffic")

    assert dict(load.failures) == {}


def _is_all(load: Load, version: str) -> bool:
    """Whether the last twenty answers came from one version."""
    before = load.answers.total(), load.answers[version]
    until(lambda: load.answers.total() >= before[0] + 20, "more answers")
    return load.answers[version] - before[1] >= 20


def test_a_service_is_gone_when_its_last_task_is(fleet: Fleet) -> None:
    fleet.serve("leaving", fleet.define("leaving", fleet.image("v1")))
    fleet.await_complete("leaving")
    fleet.ecs.delete_service(cluster=fleet.cluster, service="leaving", force=True)
    assert fleet.service("leaving")["status"] == "DRAINING"
    until(lambda: fleet.service("leaving")["status"] == "INACTIVE", "its end")

    assert fleet.tasks("leaving") == []
    assert fleet.stopped("leaving")[0]["containers"][0]["exitCode"] == 0
