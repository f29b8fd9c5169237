"""Recovering from real wrecks: terraform killed, locks left, states that could not be stored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.support.checkout import REPOSITORY
from tests.support.small_environment import KEY, LOCK_KEY, REGION, World, small_environment

from studyctl.adapters.aws.state_lock import StateLock, this_holder
from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.adapters.journal import last_standing
from studyctl.adapters.terraform import runs
from studyctl.domain.events import ApplyCompleted, Event
from studyctl.domain.lock import StateLocked
from studyctl.domain.progress import Progress
from studyctl.domain.recovery import LockStep, StateStep
from studyctl.domain.run import RunStatus
from studyctl.errors import Locked, OutcomeUnknown
from studyctl.usecases.recover import RecoverRequest

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

COMMAND = Path(__file__).parent / "terraform" / "one_command.py"

PLAIN = """
terraform {
  backend "s3" {}
}

resource "terraform_data" "part" {
  for_each = toset(["a", "b"])
  input    = "part ${each.key}"
}
"""

BLOCKING = """
terraform {{
  backend "s3" {{}}
}}

resource "terraform_data" "blocked" {{
  provisioner "local-exec" {{
    command     = "cat \\"$PIPE\\""
    environment = {{ PIPE = "{pipe}" }}
  }}
}}
"""

ON_AWS = """
terraform {
  backend "s3" {}
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

module "queue" {
  source   = "../../terraform/queue"
  for_each = toset(["email", "scan"])
  name     = "study-dev-${each.key}"
}

resource "aws_kms_key" "data" {
  description = "data"
}

resource "aws_sns_topic" "alerts" {
  for_each = toset(["critical", "warning"])
  name     = "study-dev-${each.key}"
}

resource "aws_cloudwatch_log_group" "service" {
  name              = "/study-dev/api"
  retention_in_days = 14
}

resource "aws_iam_role" "task" {
  name               = "study-dev-task"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "task" {
  role       = aws_iam_role.task.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"""

QUEUE = """
variable "name" {
  type = string
}

resource "aws_sqs_queue" "main" {
  name = var.name
}
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorEndpoint]:
    folder = tmp_path_factory.mktemp("emulator")
    yield process.start(folder)
    process.stop(folder)


@pytest.fixture
def world(endpoint: EmulatorEndpoint, tmp_path: Path) -> Iterator[World]:
    with small_environment(endpoint, tmp_path) as found:
        found.write(PLAIN)
        yield found


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def test_f02_what_no_state_names_is_adopted_and_nothing_is_made_twice(world: World) -> None:
    world.apply()
    made = {item["index_key"]: item["attributes"]["id"] for item in world.stored()["resources"][0]["instances"]}
    world.s3.delete_object(Bucket="states", Key=KEY)
    world.lose()

    shown = world.recover(RecoverRequest(dry_run=True))
    assert [one.address for one in shown.plan.adopt] == ['terraform_data.part["a"]', 'terraform_data.part["b"]']
    assert [run.status for run in world.terraform.unfinished(world.workspace)] == [RunStatus.LOST]

    outcome = world.recover()
    adopted = {item["index_key"]: item["attributes"]["id"] for item in world.stored()["resources"][0]["instances"]}
    assert (adopted, outcome.still_to_create) == (made, 0)
    assert world.terraform.unfinished(world.workspace) == ()
    assert not world.has_changes()
    assert not (world.workspace.build / "recovery").exists()
    stood = last_standing(world.workspace)
    assert stood is not None
    assert (stood.operation, stood.is_done) == ("recover", True)
    assert world.recover(run_id="20261122-120001-beef").remaining is None


def test_a_run_that_ended_well_is_only_reported(world: World) -> None:
    world.apply()
    (world.workspace.run_dir("made") / "apply" / runs.REPORTED_MARK).unlink()
    outcome = world.recover()
    assert [(end.record.run_id, end.failure) for end in world.narrator.ends] == [("made", None)]
    assert (outcome.remaining, outcome.plan.is_empty) == (None, True)
    assert world.terraform.unfinished(world.workspace) == ()


def test_a_run_that_lives_is_followed_to_its_end(world: World, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    world.terraform.init(world.workspace)
    world.write(BLOCKING.format(pipe=pipe))
    plan = world.terraform.plan(world.workspace, "made", out=world.workspace.build / "plan.tfplan").plan
    command = subprocess.Popen(
        [sys.executable, str(COMMAND), str(tmp_path), str(plan.path), plan.sha256, "made"],
        env={**os.environ, **connection_environment(world.endpoint)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    assert any(line.startswith("ApplyStarted") for line in command.stdout)
    command.kill()
    command.wait()
    command.stdout.close()
    world.write(PLAIN)

    assert [one.run_id for one in world.recover(RecoverRequest(dry_run=True)).alive] == ["made"]
    released: list[bool] = []

    def release() -> None:
        if not released:
            released.append(True)
            pipe.open("wb").close()

    world.narrator.seen = release
    world.recover()
    assert [(end.record.run_id, end.failure) for end in world.narrator.ends] == [("made", None)]
    assert world.terraform.state_addresses(world.workspace) == ("terraform_data.blocked",)


def test_f16_only_our_own_lock_is_released(world: World) -> None:
    world.apply()
    folder = world.lose()
    os.utime(folder / "stream.jsonl")
    first = json.loads((folder / "stream.jsonl").read_text().splitlines()[0])["@timestamp"]

    world.lock("ci@runner-7", first)
    with pytest.raises(StateLocked, match="ci@runner-7"):
        world.recover()
    world.lock(this_holder(), now(), operation="OperationTypePlan")
    with pytest.raises(StateLocked):
        world.recover(run_id="20261122-120001-beef")
    assert world.is_locked()
    assert [run.status for run in world.terraform.unfinished(world.workspace)] == [RunStatus.LOST]

    world.lock(this_holder(), first)
    outcome = world.recover(run_id="20261122-120002-beef")
    assert outcome.plan.lock_step is LockStep.RELEASE
    assert not world.is_locked()
    assert not world.has_changes()


@pytest.mark.parametrize("content", [b"", b'{"ID": "5a1f'])
def test_f20_a_lock_that_nobody_can_read_is_deleted(world: World, content: bytes) -> None:
    world.s3.put_object(Bucket="states", Key=LOCK_KEY, Body=content)
    outcome = world.recover()
    assert outcome.plan.lock_step is LockStep.DELETE
    assert world.narrator.questions == ["Do that to dev?"]
    assert not world.is_locked()


def test_a_lock_that_was_taken_anew_stays(world: World) -> None:
    lock = StateLock(world.s3, "states", KEY)
    world.s3.put_object(Bucket="states", Key=LOCK_KEY, Body=b"")
    looked_at = lock.held()
    assert looked_at is not None
    world.lock("ci@runner-7", now())
    with pytest.raises(Locked):
        lock.remove(looked_at)
    assert world.is_locked()


def test_f21_a_state_that_could_not_be_stored_is_stored(world: World) -> None:
    world.apply()
    newest = world.stored()
    folder = world.lose()
    unsaved = folder / "errored.tfstate"
    unsaved.write_text(json.dumps(newest))
    world.store({**newest, "serial": newest["serial"] - 1, "resources": []})
    outcome = world.recover()
    assert outcome.plan.state_step is StateStep.PUSH
    assert (outcome.adopted, outcome.still_to_create) == ((), 0)
    assert world.stored()["resources"] == newest["resources"]
    assert not unsaved.exists()


def test_a_state_that_moved_on_is_not_overwritten(world: World) -> None:
    world.apply()
    newest = world.stored()
    folder = world.lose()
    (folder / "errored.tfstate").write_text(json.dumps({**newest, "resources": []}))
    world.store({**newest, "serial": 40})
    with pytest.raises(OutcomeUnknown, match=rf"serial {newest['serial']}, .* serial 40"):
        world.recover()
    assert (folder / "errored.tfstate").exists()
    assert len(world.terraform.unfinished(world.workspace)) == 1


def test_what_was_interrupted_is_listed_and_kept_when_it_is_whole(world: World) -> None:
    world.apply()
    state = world.stored()
    state["resources"][0]["instances"][0]["status"] = "tainted"
    world.store({**state, "serial": state["serial"] + 1})
    world.lose()
    address = 'terraform_data.part["a"]'
    outcome = world.recover()
    assert (outcome.plan.tainted, outcome.would_be_replaced) == ((address,), (address,))
    outcome = world.recover(RecoverRequest(untaint=(address,)), run_id="20261122-120001-beef")
    assert outcome.would_be_replaced == ()
    assert not world.has_changes()


@pytest.mark.slow
def test_f02_terraform_killed_after_the_first_creates_leaves_no_orphan_and_no_double(world: World) -> None:
    write_on_aws(world)

    def kill(event: Event, _progress: Progress) -> None:
        if isinstance(event, ApplyCompleted) and event.address == "aws_kms_key.data":
            terraform = runs.read_process(world.workspace.run_dir("made") / "apply")
            assert terraform is not None
            os.killpg(os.getpgid(terraform.pid), signal.SIGKILL)

    with pytest.raises(OutcomeUnknown, match="nobody recorded how"):
        world.apply(on_event=kill)
    assert world.is_locked()
    (lost,) = world.terraform.unfinished(world.workspace)
    with pytest.raises(OutcomeUnknown) as stopped:
        world.terraform.pick_up(world.workspace, lost)
    assert "studyctl recover dev" in stopped.value.hint

    outcome = world.recover()
    assert outcome.plan.lock_step is LockStep.RELEASE
    assert "aws_kms_key.data" in outcome.adopted
    assert 'module.queue["email"].aws_sqs_queue.main' in outcome.plan.search
    # How far the kill let each create come differs: what was never made, or lacks its last touches, is left to deploy.
    assert outcome.unnamed == ()
    assert outcome.still_to_create >= len(outcome.absent), "what was never begun is not searched for"
    assert outcome.would_be_replaced == ()
    assert world.terraform.unfinished(world.workspace) == ()
    assert not world.is_locked()
    world.apply("finished")
    assert not world.has_changes()
    assert counted(world) == {"queues": 2, "topics": 2, "keys": 1, "groups": 1, "roles": 1}


def write_on_aws(world: World) -> None:
    """Write the root that needs the real provider, with its module."""
    module = world.workspace.root.parent.parent / "terraform" / "queue"
    module.mkdir(parents=True)
    (module / "main.tf").write_text(QUEUE)
    world.write(ON_AWS)
    lock_file = ".terraform.lock.hcl"
    (world.workspace.root / lock_file).write_bytes((REPOSITORY / "infra" / "platform" / lock_file).read_bytes())


def counted(world: World) -> dict[str, int]:
    connection = connection_environment(world.endpoint)

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=world.endpoint.url,
            aws_access_key_id=connection["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=connection["AWS_SECRET_ACCESS_KEY"],
        )

    return {
        "queues": len(client("sqs").list_queues().get("QueueUrls", [])),
        "topics": len(client("sns").list_topics()["Topics"]),
        "keys": len(client("kms").list_keys()["Keys"]),
        "groups": len(client("logs").describe_log_groups()["logGroups"]),
        "roles": sum(role["RoleName"].startswith("study-") for role in client("iam").list_roles()["Roles"]),
    }
