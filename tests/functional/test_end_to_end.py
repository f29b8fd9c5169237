"""One environment from nothing to nothing, by the commands that people type: one deploy, and what it promises.

The tests are steps of one story and run in the order of this file; `deployed` pays for the deploy once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine, Finished
from tests.support.deployed_account import state_of
from tests.support.leftovers import what_is_left
from tests.support.terminal import on_terminal

from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.adapters.plan_store import MAGIC
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.workspace import Workspace

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

NAME = "study-dev"
AskAws = Callable[..., Any]
Document = dict[str, Any]


@pytest.fixture(scope="module")
def deployed(studyctl: CommandLine, shared_emulator: EmulatorEndpoint) -> Finished:
    """The first deploy: everything is made."""
    return studyctl("deploy", "dev", "--only", "infra", "--json").must(0)


@pytest.fixture(scope="module")
def saved_plan(studyctl: CommandLine, deployed: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of the environment as it is, made in a shell full of variables that terraform would believe."""
    path = tmp_path_factory.mktemp("plans") / "dev.tfplan"
    made = studyctl(
        *("plan", "dev", "--detailed-exitcode", "--out", str(path)),
        TF_VAR_first_image_digest=f"sha256:{'f' * 64}",
        TF_CLI_ARGS_plan="-destroy",
        TF_WORKSPACE="other",
    )
    (path.parent / "stderr").write_text(made.must(0).stderr, "utf-8")
    return path


def test_a_deploy_from_nothing_makes_everything_and_asks_the_account(deployed: Finished) -> None:
    document = deployed.document
    assert document["plan"]["has_changes"]
    assert document["plan"]["counts"]["create"] == document["record"]["changes"]["create"] > 250
    assert [check["name"] for check in document["checks"] if not check["ok"]] == []
    assert {check["kind"] for check in document["checks"]} >= {
        "cluster",
        "service",
        "database",
        "cache",
        "queue",
        "bucket",
    }


def test_the_first_line_says_where_it_acts(deployed: Finished, shared_emulator: EmulatorEndpoint) -> None:
    first = deployed.stderr.splitlines()[0]
    assert all(word in first for word in ("dev", "emulator", shared_emulator.url, "123456789012", "us-east-1"))


def test_a_deploy_is_recorded(deployed: Finished, checkout: Checkout) -> None:
    record = deployed.document["record"]
    assert (record["number"], record["operation"], record["environment"]) == (1, "deploy", "dev")
    assert record["verified"]
    assert record["commit"] == checkout.head, "the files are those of the commit"
    assert re.fullmatch(r"[0-9a-f]{64}", record["plan_sha256"])
    assert record["state_serial"] >= 1 and record["state_version_id"]


def test_the_outputs_name_what_an_operator_needs(deployed: Finished, studyctl: CommandLine) -> None:
    platform = studyctl("outputs", "dev", "--json").must(0).document["platform"]
    assert platform == deployed.document["outputs"]["platform"]
    assert platform["cluster"]["name"] == NAME
    assert set(platform["services"]) == {
        "api",
        "notification",
        "document",
        "indexing",
        "quiz",
        "outbox_relay",
        "scheduler",
    }
    assert set(platform["buckets"]) == {"uploads", "processed", "web", "logs"}
    assert set(platform["queue_urls"]) == {"document_queue", "indexing_queue", "quiz_queue", "notification_queue"}
    assert platform["distribution"] is None
    assert studyctl("outputs", "dev", "cluster.name").must(0).stdout.strip() == NAME


def test_the_status_agrees(deployed: Finished, studyctl: CommandLine) -> None:
    status = studyctl("status", "dev", "--json").must(0).document
    assert status["is_deployed"]
    assert status["lock"] is None
    assert status["record"] == deployed.document["record"]
    assert all(check["ok"] for check in status["checks"])


def test_a_second_deploy_changes_nothing(deployed: Finished, studyctl: CommandLine) -> None:
    again = studyctl("deploy", "dev", "--only", "infra", "--json").must(0)
    assert not again.document["plan"]["has_changes"], again.document["plan"]["changes"]
    assert "no changes" in again.stderr
    assert again.document["record"] == deployed.document["record"]


def test_f78_stray_variables_reach_no_plan_and_that_is_said(saved_plan: Path) -> None:
    said = (saved_plan.parent / "stderr").read_text("utf-8")
    assert "not passed on to terraform: TF_CLI_ARGS_plan, TF_VAR_first_image_digest, TF_WORKSPACE" in said


def test_f33_a_plan_is_not_applied_to_another_environment(saved_plan: Path, studyctl: CommandLine) -> None:
    refused = studyctl("apply", "staging", "--plan", str(saved_plan)).must(11)
    assert "made for environment dev, and this is staging" in refused.stderr


def test_f37_what_was_changed_by_hand_since_stops_a_plan_that_was_approved(
    saved_plan: Path, deployed: Finished, studyctl: CommandLine, aws: AskAws
) -> None:
    before = _retention_days(deployed, aws)
    _keep_logs(deployed, aws, 1)
    try:
        refused = studyctl("apply", "dev", "--plan", str(saved_plan)).must(11)
        assert "would do something else than the one that was approved" in refused.stderr
        assert _retention_days(deployed, aws) == 1, "nothing was applied"
    finally:
        _keep_logs(deployed, aws, before)


def test_f36_a_plan_that_somebody_put_in_its_place_runs_nothing(
    saved_plan: Path, studyctl: CommandLine, tmp_path: Path
) -> None:
    """A good plan for terraform, made elsewhere, that would run a command when it is applied."""
    marker, approved = tmp_path / "marker", saved_plan.read_bytes()
    foreign = Workspace("dev", tmp_path / "root", tmp_path / "build")
    foreign.root.mkdir()
    foreign.build.mkdir()
    (foreign.root / "main.tf").write_text('resource "terraform_data" "it" {}\n', "utf-8")
    terraform = Terraform.find(os.environ)
    terraform.init(foreign)
    run = f'provisioner "local-exec" {{ command = "touch {marker}" }}'
    (foreign.root / "main.tf").write_text(f'resource "terraform_data" "it" {{\n{run}\n}}\n', "utf-8")
    plan = terraform.plan(foreign, "foreign", out=tmp_path / "foreign.tfplan").plan
    try:
        for content in (plan.path.read_bytes(), MAGIC + plan.path.read_bytes()):
            saved_plan.write_bytes(content)
            studyctl("apply", "dev", "--plan", str(saved_plan)).must(11)
    finally:
        saved_plan.write_bytes(approved)
    assert not marker.exists()
    terraform.apply(foreign, "foreign", plan)
    assert marker.exists(), "applied as it is, it does run"


def test_f34_a_plan_that_was_tampered_with_is_not_applied(saved_plan: Path, studyctl: CommandLine) -> None:
    content = bytearray(saved_plan.read_bytes())
    content[len(content) // 2] ^= 1
    saved_plan.write_bytes(content)
    studyctl("apply", "dev", "--plan", str(saved_plan)).must(11)


def test_a_change_that_would_lose_data_is_refused(
    deployed: Finished, studyctl: CommandLine, checkout: Checkout
) -> None:
    with checkout.edited("dev", "  name: dev.study-ai.example", "  name: other.study-ai.example"):
        refused = studyctl("deploy", "dev", "--only", "infra").must(3)
    zone = 'aws_route53_zone.public["created"]'
    assert f"{zone} would be replaced because of name" in refused.stderr
    assert f"--allow-destroy '{zone}'" in refused.stderr
    after = studyctl("status", "dev", "--json").must(0).document
    assert after["state"]["serial"] == deployed.document["record"]["state_serial"]
    assert after["record"] == deployed.document["record"]


def test_tasks_keep_what_the_controls_ask_of_them(deployed: Finished, aws: AskAws) -> None:
    """ECS.1, 3, 4, 5, 8, 9 and the image's digest: no plan from nothing knows what a task is made of."""
    for key, service in deployed.document["outputs"]["platform"]["services"].items():
        task = aws("ecs").describe_task_definition(taskDefinition=service["task_definition_family"])["taskDefinition"]
        (container,) = task["containerDefinitions"]
        assert task["networkMode"] == "awsvpc"
        assert task["executionRoleArn"] != task["taskRoleArn"]
        assert container["user"].partition(":")[0] not in {"", "0", "root"}
        assert container["readonlyRootFilesystem"] and not container["privileged"]
        assert not task.get("pidMode"), "processes of its own"
        assert container["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
        assert container["logConfiguration"]["logDriver"] == "awslogs"
        plain = {variable["name"]: variable.get("value", "") for variable in container["environment"]}
        assert not [name for name in plain if re.search(r"PASSWORD|SECRET|TOKEN|API_KEY|SIGNING", name)]
        assert plain["LOG_LEVEL"] == "debug"
        assert plain["SERVICE_ROLE"] == key.replace("_", "-")
        assert {"DATABASE_PASSWORD", "QDRANT_API_KEY"} <= {secret["name"] for secret in container["secrets"]}


def test_no_secret_is_in_the_state(deployed: Finished, studyctl: CommandLine, aws: AskAws) -> None:
    secrets = aws("secretsmanager")
    listed = secrets.list_secrets()["SecretList"]
    kept = [
        secrets.get_secret_value(SecretId=entry["ARN"])["SecretString"] for entry in listed if NAME in entry["Name"]
    ]
    # The database's has the shape {username, password}.
    values = {json.loads(value)["password"] if value.startswith("{") else value for value in kept}
    assert len(values) == 3
    state = state_of(aws("s3"), "dev")
    assert [value for value in values if value in state] == []


def test_a_freeze_is_told_and_stops_a_destroy_before_it_asks(
    deployed: Finished, studyctl: CommandLine, checkout: Checkout
) -> None:
    with checkout.frozen("dev"):
        told = studyctl("status", "dev", "--json").must(0).document["deployments"]
        assert (told["state"], told["reason"], told["is_binding"]) == ("frozen", "century", True)
        refused = studyctl("destroy", "dev", "--confirm", "dev").must(3)
        assert "(century)" in refused.stderr and "--override-freeze" in refused.stderr
        studyctl("destroy", "dev", "--confirm", "dev", "--override-freeze", " ").must(64)


def test_a_destroy_needs_the_name(deployed: Finished, studyctl: CommandLine) -> None:
    studyctl("destroy", "dev", "--yes").must(12)
    studyctl("destroy", "dev", "--confirm", "staging").must(64)


def test_what_was_done_behind_terraforms_back_is_found(deployed: Finished, studyctl: CommandLine, aws: AskAws) -> None:
    assert not studyctl("drift", "dev", "--detailed-exitcode", "--json").must(0).document["has_drifted"]

    sqs, days = aws("sqs"), _retention_days(deployed, aws)
    queue = sqs.create_queue(QueueName="by-hand", tags={"Project": "study", "Environment": "dev"})["QueueUrl"]
    _keep_logs(deployed, aws, 1)
    before = studyctl("status", "dev", "--json").must(0).document["state"]
    found = studyctl("drift", "dev", "--detailed-exitcode", "--json").must(2).document
    (changed,) = found["changed"]
    assert "aws_cloudwatch_log_group" in changed["address"]
    assert changed["attributes"] == [{"path": "retention_in_days", "state": str(days), "account": "1"}]
    assert [thing["arn"].rpartition(":")[2] for thing in found["unmanaged"]] == ["by-hand"]
    assert (found["gone"], found["pending"]) == ([], {})
    assert studyctl("status", "dev", "--json").must(0).document["state"] == before, "looking changes nothing"

    sqs.delete_queue(QueueUrl=queue)
    _keep_logs(deployed, aws, days)


@pytest.fixture(scope="module")
def released(deployed: Finished, studyctl: CommandLine, checkout: Checkout) -> Finished:
    """The services of this checkout, migrated, released in a freeze with a reason, tested from inside and proven."""
    with checkout.frozen("dev"):
        checkout.commit("Freeze dev")
        return studyctl("deploy", "dev", "--json", "--override-freeze", "nothing serves yet").must(0)


def test_the_services_of_the_checkout_are_released_and_proven(released: Finished, studyctl: CommandLine) -> None:
    document = studyctl("releases", "dev", "--json").must(0).document
    (entry,) = document["entries"]
    assert (document["serving"], document["unfinished"], entry["status"]) == (1, None, "proven")
    assert released.document["release"]["entry"]["number"] == 1
    assert _overrides(entry) == ["--override-freeze nothing serves yet"]
    again = studyctl("deploy", "dev", "--json").must(0).document
    assert (again["plan"]["has_changes"], again["release"]["entry"]) == (False, None)


def test_the_smoke_test_asks_about_everything_there_is(released: Finished, studyctl: CommandLine) -> None:
    told = studyctl("smoke", "dev", "--json").must(0).document["results"]
    healthy = {result["check"] for result in told if result["health"] == "healthy"}
    everything = {"balancer", "services", "database", "cache", "queues", "buckets", "vectors", "end-to-end"}
    assert healthy == everything, told


def test_the_live_view_is_whole_on_a_small_screen_and_drawn_anew_until_somebody_ends_it(
    released: Finished, studyctl: CommandLine
) -> None:
    def moments(text: str) -> set[str]:
        return set(re.findall(r"dev at (\S+?), every 3 s", text))

    with on_terminal(studyctl, "status", "dev", "--watch", rows=24, columns=80) as terminal:
        drawn = terminal.read_until(lambda text: len(moments(text)) > 1)
        assert "7 of 7 services are steady" in drawn
        assert "release 1 serves" in drawn
        assert all(f"{title}: " in drawn for title in ("Services", "Release", "Last smoke test", "Alarms", "Queues"))
        assert terminal.interrupt() == 0, "that is how it ends"


def test_the_report_tells_what_runs(released: Finished, studyctl: CommandLine, checkout: Checkout) -> None:
    file = Path(studyctl("report", "dev", "--json").must(0).document["file"])
    assert file == checkout.build / "dev" / "report.html"
    page = file.read_text("utf-8")
    assert all(said in page for said in ("7 of 7 services are steady", "release 1 serves", "answers are right"))
    assert page.count("Not asked: no plan was given") == 2 * 4, "once at a glance and once in its place"


def test_the_infrastructure_goes_back_to_the_commit_of_the_proven_release(
    released: Finished, studyctl: CommandLine, checkout: Checkout, aws: AskAws
) -> None:
    """What the release's commit said comes back, in a freeze too, and the working tree keeps what it says now."""
    before, released_from = _retention_days(released, aws), checkout.head
    longer = checkout.edited("dev", f"  retention_days: {before}\n", "  retention_days: 60\n")
    with longer, checkout.frozen("dev"):
        checkout.commit("Keep logs longer")
        changed = studyctl("deploy", "dev", "--only", "infra", "--json", "--override-freeze", "auditors wait").must(0)
        assert _retention_days(released, aws) == 60
        assert _overrides(changed.document["record"]) == ["--override-freeze auditors wait"]
        planned = studyctl("rollback", "dev", "--infra", "--dry-run", "--json").must(0).document["plan"]
        assert planned["has_changes"] and _retention_days(released, aws) == 60
        gone_back = studyctl("rollback", "dev", "--infra", "--json").must(0)
        assert _retention_days(released, aws) == before
        assert "retention_days: 60" in checkout.environment_file("dev").read_text("utf-8")
    record = gone_back.document["record"]
    assert record["commit"] == released_from, "of the files that were applied"
    assert record["verified"]


@pytest.mark.slow
def test_a_plan_that_was_kept_is_applied_in_a_freeze_for_a_reason(
    deployed: Finished, studyctl: CommandLine, checkout: Checkout, aws: AskAws, tmp_path: Path
) -> None:
    before, plan = _retention_days(deployed, aws), str(tmp_path / "dev.tfplan")
    with checkout.edited("dev", f"  retention_days: {before}\n", "  retention_days: 90\n"), checkout.frozen("dev"):
        studyctl("plan", "dev", "--out", plan).must(0)
        assert "--override-freeze" in studyctl("apply", "dev", "--plan", plan).must(3).stderr
        applied = studyctl("apply", "dev", "--plan", plan, "--json", "--override-freeze", "auditors wait").must(0)
    assert _retention_days(deployed, aws) == 90
    assert _overrides(applied.document["record"]) == ["--override-freeze auditors wait"]


def test_a_destroy_leaves_nothing(deployed: Finished, studyctl: CommandLine, aws: AskAws) -> None:
    gone = studyctl("destroy", "dev", "--confirm", "dev").must(0)
    assert "Kept: state and ledgers in s3://" in gone.stderr
    status = studyctl("status", "dev", "--json").must(0).document
    assert not status["is_deployed"]
    assert status["state"]["resources"] == 0
    assert status["record"]["operation"] == "destroy"
    left = sorted(set(what_is_left(aws, "dev")))
    assert not left, "\n".join(left)


def _overrides(record: Document) -> list[str]:
    """What a person decided against the rules, without what the rules said."""
    return [text.partition(" (")[0] for text in record["overrides"]]


def _log_group(deployed: Finished) -> str:
    return str(deployed.document["outputs"]["platform"]["services"]["api"]["log_group_name"])


def _retention_days(deployed: Finished, aws: AskAws) -> int:
    (group,) = aws("logs").describe_log_groups(logGroupNamePrefix=_log_group(deployed))["logGroups"]
    return int(group["retentionInDays"])


def _keep_logs(deployed: Finished, aws: AskAws, days: int) -> None:
    """As somebody does by hand."""
    aws("logs").put_retention_policy(logGroupName=_log_group(deployed), retentionInDays=days)
