"""Tasks on the emulator: what they are given, what they say, how they are checked and how they end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.emulator.ecs_agent.fleet import REGION, Fleet, primary
from tests.support.until import until

from studyctl.adapters.emulator.process import EmulatorEndpoint

SAY_ALL = "import json,os; print(json.dumps(dict(os.environ)))"


def run(fleet: Fleet, definition: str, **fields: Any) -> str:
    """Start a one-off task; its ARN."""
    network = {"awsvpcConfiguration": {"subnets": fleet.subnets, "securityGroups": [fleet.security_group]}}
    [task] = fleet.ecs.run_task(
        cluster=fleet.cluster,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=network,
        **fields,
    )["tasks"]
    return str(task["taskArn"])


def ended(fleet: Fleet, arn: str) -> dict[str, Any]:
    """A task when it is over, by boto3's own waiter."""
    fleet.ecs.get_waiter("tasks_stopped").wait(
        cluster=fleet.cluster, tasks=[arn], WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
    )
    [task] = fleet.ecs.describe_tasks(cluster=fleet.cluster, tasks=[arn])["tasks"]
    return dict(task)


def said(fleet: Fleet, family: str, arn: str) -> list[str]:
    """What a task has written to its log stream: nothing before the stream is made, which is when it starts."""
    group, stream = f"/ecs/{family}", f"task/app/{arn.rsplit('/', 1)[-1]}"
    if not fleet.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
        return []
    events = fleet.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    return [event["message"] for event in events["events"]]


def python(fleet: Fleet, family: str, code: str, **container: Any) -> str:
    """A task definition that runs a line of Python."""
    return fleet.define(family, fleet.image("script"), entryPoint=["python3", "-c", code], **container)


def test_a_task_gets_its_environment_secrets_and_ports(fleet: Fleet, emulator: EmulatorEndpoint) -> None:
    secrets = fleet.client("secretsmanager")
    whole = secrets.create_secret(Name="tasks/whole", SecretString="all of it")["ARN"]
    parts = secrets.create_secret(Name="tasks/parts", SecretString=json.dumps({"user": "ada", "port": 1}))["ARN"]
    secrets.put_secret_value(SecretId=parts, SecretString=json.dumps({"user": "grace", "port": 2}))
    fleet.client("ssm").put_parameter(Name="/tasks/parameter", Value="from ssm", Type="SecureString")
    definition = python(
        fleet,
        "environment",
        SAY_ALL,
        environment=[{"name": "LEVEL", "value": "debug"}],
        secrets=[
            {"name": "WHOLE", "valueFrom": whole},
            {"name": "USER_NAME", "valueFrom": f"{parts}:user::"},
            {"name": "USER_BEFORE", "valueFrom": f"{parts}:user:AWSPREVIOUS:"},
            {"name": "NUMBER", "valueFrom": f"{parts}:port::"},
            {"name": "PARAMETER", "valueFrom": f"arn:aws:ssm:{REGION}:123456789012:parameter/tasks/parameter"},
        ],
    )
    task = ended(fleet, run(fleet, definition))
    [line] = until(lambda: said(fleet, "environment", task["taskArn"]), "its words")
    environment = json.loads(line)

    assert task["containers"][0]["exitCode"] == 0
    assert environment["LEVEL"] == "debug"
    assert environment["VERSION"] == "script", "of the image"
    assert (environment["WHOLE"], environment["USER_NAME"], environment["USER_BEFORE"]) == ("all of it", "grace", "ada")
    assert (environment["NUMBER"], environment["PARAMETER"]) == ("2", "from ssm")
    assert environment["AWS_ENDPOINT_URL"] == emulator.url
    assert environment["AWS_REGION"] == REGION
    assert int(environment["PORT"]) != int(environment["METRICS_PORT"])


@pytest.mark.parametrize(
    ("container", "words"),
    [
        (
            {"secrets": [{"name": "X", "valueFrom": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:no-1"}]},
            "unable to retrieve secret from asm",
        ),
        ({"secrets": [{"name": "X", "valueFrom": "/no/parameter"}]}, "invalid parameters: /no/parameter"),
        (
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/no/group",
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "x",
                    },
                }
            },
            "The specified log group does not exist",
        ),
    ],
    ids=["secret", "parameter", "log group"],
)
def test_what_is_missing_is_named_in_the_stopped_reason(fleet: Fleet, container: Any, words: str) -> None:
    task = ended(fleet, run(fleet, python(fleet, "lacking", "pass", **container)))

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError: ")
    assert words in task["stoppedReason"]
    assert "exitCode" not in task["containers"][0]


def test_a_key_that_a_secret_does_not_have_is_named(fleet: Fleet) -> None:
    arn = fleet.client("secretsmanager").create_secret(Name="tasks/keys", SecretString="{}")["ARN"]
    wanted = [{"name": "X", "valueFrom": f"{arn}:nobody::"}]
    task = ended(fleet, run(fleet, python(fleet, "keys", "pass", secrets=wanted)))

    assert "did not contain json key nobody" in task["stoppedReason"]


def test_a_program_that_is_not_in_the_image_cannot_start(fleet: Fleet) -> None:
    task = ended(fleet, run(fleet, fleet.define("no-program", fleet.image("script"), entryPoint=["no-program"])))

    assert task["stopCode"] == "TaskFailedToStart"
    assert "CannotStartContainerError" in task["stoppedReason"]
    assert "no-program" in task["containers"][0]["reason"]


def register(fleet: Fleet, family: str, *containers: dict[str, Any]) -> str:
    registered = fleet.ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=list(containers),
    )
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def test_tasks_of_several_essential_containers_are_refused_with_the_reason(fleet: Fleet) -> None:
    container = {"name": "a", "image": fleet.image("script"), "essential": True}
    task = ended(fleet, run(fleet, register(fleet, "two", container, {**container, "name": "b"})))

    assert task["stoppedReason"] == "the emulator runs tasks of one essential container, not of 2"


def test_a_sidecar_is_told_as_what_it_is_and_the_task_runs_without_it(fleet: Fleet) -> None:
    sidecar = {"name": "collector", "image": "collector@sha256:" + "0" * 64, "essential": False}
    main = {"name": "app", "image": fleet.image("script"), "entryPoint": ["python3", "-c", "import sys; sys.exit(7)"]}
    task = ended(fleet, run(fleet, register(fleet, "beside", sidecar, main)))

    app, collector = task["containers"]
    assert (app["name"], app["exitCode"], task["stopCode"]) == ("app", 7, "EssentialContainerExited")
    assert (collector["name"], collector["lastStatus"]) == ("collector", "STOPPED")
    assert "runs the essential container of a task and no sidecars" in collector["reason"]
    assert collector["containerArn"] != app["containerArn"]


def test_a_task_whose_sidecar_lacks_a_secret_does_not_start(fleet: Fleet) -> None:
    empty = fleet.client("secretsmanager").create_secret(Name="sidecars/empty")["ARN"]
    sidecar = {"name": "collector", "image": "x", "essential": False, "secrets": [{"name": "KEY", "valueFrom": empty}]}
    main = {"name": "app", "image": fleet.image("script"), "entryPoint": ["python3", "-c", "print()"]}
    task = ended(fleet, run(fleet, register(fleet, "keyless", sidecar, main)))

    assert task["stopCode"] == "TaskFailedToStart"
    assert "ResourceInitializationError" in task["stoppedReason"]


def test_a_one_off_task_takes_overrides_and_is_found_by_who_started_it(fleet: Fleet) -> None:
    definition = python(fleet, "one-off", "import os,sys; print(os.environ['WHO']); sys.exit(int(os.environ['CODE']))")
    overrides = {
        "containerOverrides": [
            {"name": "app", "environment": [{"name": "WHO", "value": "me"}, {"name": "CODE", "value": "7"}]}
        ]
    }
    arn = run(fleet, definition, overrides=overrides, startedBy="release-1")
    task = ended(fleet, arn)

    assert (task["containers"][0]["exitCode"], task["stopCode"]) == (7, "EssentialContainerExited")
    assert (task["startedBy"], task["group"], task["desiredStatus"]) == ("release-1", "family:one-off", "STOPPED")
    assert until(lambda: said(fleet, "one-off", arn), "its words") == ["me"]
    assert task["createdAt"] <= task["startedAt"] <= task["stoppedAt"]
    stopped = fleet.ecs.list_tasks(cluster=fleet.cluster, startedBy="release-1", desiredStatus="STOPPED")
    assert stopped["taskArns"] == [arn]
    assert fleet.ecs.list_tasks(cluster=fleet.cluster, startedBy="release-1")["taskArns"] == []


def test_a_task_can_be_stopped_by_hand(fleet: Fleet) -> None:
    arn = run(fleet, python(fleet, "by-hand", "import time; print('up', flush=True); time.sleep(600)"))
    until(lambda: said(fleet, "by-hand", arn), "its start")
    asked = fleet.ecs.stop_task(cluster=fleet.cluster, task=arn, reason="enough")["task"]
    assert asked["desiredStatus"] == "STOPPED"
    task = ended(fleet, arn)

    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 143
    with pytest.raises(ClientError, match="task was not found"):
        fleet.ecs.stop_task(cluster=fleet.cluster, task="nobody")


def test_a_service_replaces_a_task_that_somebody_stopped_and_does_not_count_it_as_a_failure(fleet: Fleet) -> None:
    fleet.serve("by-hand", fleet.define("replaced", fleet.image("v1")))
    fleet.await_complete("by-hand")
    [before] = fleet.tasks("by-hand")
    fleet.ecs.stop_task(cluster=fleet.cluster, task=before["taskArn"])
    until(
        lambda: (
            [task["taskArn"] for task in fleet.tasks("by-hand") if task["lastStatus"] == "RUNNING"]
            not in ([], [before["taskArn"]])
        ),
        "the replacement",
    )

    assert primary(fleet.service("by-hand"))["failedTasks"] == 0


def test_a_containers_own_health_check_decides(fleet: Fleet) -> None:
    check = {"interval": 5, "timeout": 2, "retries": 2, "startPeriod": 0}
    good = {"command": ["CMD-SHELL", 'test "$VERSION" = v1'], **check}
    fleet.serve("checked", fleet.define("checked", fleet.image("v1"), healthCheck=good))
    complete = primary(fleet.await_complete("checked"))
    assert {task["healthStatus"] for task in fleet.tasks("checked")} == {"HEALTHY"}
    bad = fleet.update("checked", taskDefinition=fleet.define("checked", fleet.image("v2"), healthCheck=good))
    fleet.await_state("checked", complete["id"], "COMPLETED")

    reasons = {task["stoppedReason"] for task in fleet.stopped("checked") if task["startedBy"] == bad}
    assert "Task failed container health checks" in reasons
    assert any("failed container health checks." in event for event in fleet.events("checked"))


def test_a_check_that_hangs_is_a_failure(fleet: Fleet) -> None:
    hangs = {"command": ["CMD-SHELL", "sleep 600"], "interval": 5, "timeout": 2, "retries": 1}
    fleet.serve("hanging", fleet.define("hanging", fleet.image("v1"), healthCheck=hangs))
    until(lambda: fleet.stopped("hanging"), "the check to fail")

    assert fleet.stopped("hanging")[0]["stoppedReason"] == "Task failed container health checks"


def test_network_interfaces_go_with_their_tasks(fleet: Fleet) -> None:
    task = ended(fleet, run(fleet, python(fleet, "interface", "pass")))
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}

    with pytest.raises(ClientError, match="InvalidNetworkInterfaceID"):
        fleet.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
