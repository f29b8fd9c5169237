"""An environment with all that telemetry offers on the emulator, from nothing to nothing: it is what its file says.

No collector runs here and no rule is evaluated, so what AWS would run and evaluate is read back from the account. The
tests are steps of one story and run in the order of this file; `deployed` pays for the deploy once.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine, Finished
from tests.support.deployed_account import NAME, Account, Document, state_of
from tests.support.leftovers import what_is_left
from tests.support.student import wait
from tests.support.telemetry import turn_on_telemetry

from studyctl import wiring
from studyctl.adapters.checkov import PROGRAM
from studyctl.adapters.emulator import process
from studyctl.adapters.plan_store import read_saved_plan
from studyctl.wiring_plans import opened

pytestmark = [pytest.mark.slow, pytest.mark.terraform, pytest.mark.emulator]

KEYS = {
    f"{NAME}/sentry-key": "key-of-nobody-at-sentry",
    f"{NAME}/new-relic-key": "key-of-nobody-at-new-relic",
    f"{NAME}/datadog-key": "key-of-nobody-at-datadog",
}
YAML_TEXT = YAML(typ="safe")
COLLECTOR_MIB, COLLECTOR_CPU = 256, 64


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    copied = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    turn_on_telemetry(copied.environment_file("dev"), with_grafana=False)
    copied.commit("Turn on telemetry")
    yield copied
    process.stop(copied.emulator_folder)


@pytest.fixture(scope="module")
def studyctl(checkout: Checkout) -> CommandLine:
    return CommandLine(checkout.folder)


@pytest.fixture(scope="module")
def without_keys(studyctl: CommandLine) -> Finished:
    """The first deploy: everything is made, and nobody has put the keys of the providers into their secrets yet."""
    return studyctl("deploy", "dev", "--json")


@pytest.fixture(scope="module")
def deployed(studyctl: CommandLine, checkout: Checkout, without_keys: Finished) -> Document:
    """What the deploy says once the keys are there."""
    account = Account(checkout, {})
    for name, key in KEYS.items():
        account.aws("secretsmanager").put_secret_value(SecretId=name, SecretString=key)
    document: Document = studyctl("deploy", "dev", "--json").must(0).document
    return document


@pytest.fixture(scope="module")
def account(checkout: Checkout, deployed: Document) -> Account:
    return Account(checkout, deployed["outputs"]["platform"])


@pytest.fixture(scope="module")
def workspace(account: Account) -> Document:
    """The only one."""
    amp = account.aws("amp")
    (found,) = amp.list_workspaces(alias=NAME)["workspaces"]
    described: Document = amp.describe_workspace(workspaceId=found["workspaceId"])["workspace"]
    return described


@pytest.fixture(scope="module")
def tasks(account: Account) -> Mapping[str, Document]:
    """The revision of each service that serves."""
    return {key: account.definition(key.replace("_", "-")) for key in account.platform["services"]}


@pytest.fixture(scope="module")
def empty_plan(
    studyctl: CommandLine, checkout: Checkout, deployed: Document, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A plan of what is deployed, as `terraform show -json` writes it."""
    folder = tmp_path_factory.mktemp("plans")
    sealed, shown = folder / "dev.tfplan", folder / "dev.json"
    studyctl("plan", "dev", "--detailed-exitcode", "--out", str(sealed)).must(0)
    with contextlib.chdir(checkout.folder):
        site = wiring.open_site("dev", start=False)
        with opened(site, read_saved_plan(sealed)) as file:
            shown.write_text(json.dumps(site.terraform.show_plan(site.workspace, file)), "utf-8")
    return shown


def test_a_release_waits_for_the_keys(without_keys: Finished) -> None:
    said = without_keys.must(4).stderr
    assert [name for name in KEYS if name not in said] == []
    assert said.count("it has no value yet") == len(KEYS)


def test_with_its_keys_it_is_deployed_and_its_release_proven(deployed: Document) -> None:
    assert not deployed["plan"]["has_changes"], deployed["plan"]["changes"]
    assert [check["name"] for check in deployed["checks"] if not check["ok"]] == []
    assert deployed["release"]["entry"]["status"] == "proven"


def test_a_second_plan_is_empty(empty_plan: Path) -> None:
    changes = json.loads(empty_plan.read_text("utf-8"))["resource_changes"]
    assert [each["address"] for each in changes if each["change"]["actions"] not in (["no-op"], ["read"])] == []


def test_the_workspace_is_what_the_file_says(account: Account, workspace: Document) -> None:
    amp, identifier = account.aws("amp"), workspace["workspaceId"]
    assert account.platform["prometheus"] == {"endpoint": workspace["prometheusEndpoint"]}
    key = account.aws("kms").describe_key(KeyId=workspace["kmsKeyArn"])["KeyMetadata"]
    assert (key["KeyManager"], key["Description"]) == ("CUSTOMER", f"{NAME} metrics: Metrics in Managed Prometheus")
    configuration = amp.describe_workspace_configuration(workspaceId=identifier)["workspaceConfiguration"]
    assert configuration["retentionPeriodInDays"] == 30
    logged = amp.describe_logging_configuration(workspaceId=identifier)["loggingConfiguration"]
    assert logged["logGroupArn"].endswith(f":log-group:/aws/vendedlogs/prometheus/{NAME}:*")


def test_rules_and_routes_are_those_that_promtool_and_amtool_have_tested(
    account: Account, workspace: Document, checkout: Checkout
) -> None:
    amp, identifier = account.aws("amp"), workspace["workspaceId"]
    (listed,) = amp.list_rule_groups_namespaces(workspaceId=identifier)["ruleGroupsNamespaces"]
    rules = amp.describe_rule_groups_namespace(workspaceId=identifier, name=listed["name"])["ruleGroupsNamespace"]
    tested = checkout.folder / "monitoring" / "prometheus"
    assert rules["data"] == (tested / "rules.yaml").read_bytes()

    definition = amp.describe_alert_manager_definition(workspaceId=identifier)["alertManagerDefinition"]
    routes = YAML_TEXT.load(YAML_TEXT.load(definition["data"])["alertmanager_config"])
    topics = account.platform["topics"]
    template = (tested / "routes.yaml.tftpl").read_text("utf-8")
    for name, value in (("topics.critical", topics["critical"]), ("topics.warning", topics["warning"])):
        template = template.replace(f"${{{name}}}", value)
    assert routes == YAML_TEXT.load(template.replace("${region}", "us-east-1"))
    for receiver in routes["receivers"]:
        (told,) = receiver["sns_configs"]
        policy = account.aws("sns").get_topic_attributes(TopicArn=told["topic_arn"])["Attributes"]["Policy"]
        assert "aps.amazonaws.com" in policy, "the alert manager may publish there"


def test_each_task_has_a_collector_within_its_size(tasks: Mapping[str, Document]) -> None:
    assert len(tasks) == 7
    for task in tasks.values():
        app, collector = task["containerDefinitions"]
        assert (app["name"], app["essential"]) == ("app", True)
        assert (collector["name"], collector["essential"]) == ("collector", False)
        assert (collector["memory"], collector["cpu"]) == (COLLECTOR_MIB, COLLECTOR_CPU)
        assert collector["memory"] * 2 <= int(task["memory"]) and collector["cpu"] * 2 <= int(task["cpu"])
        assert "@sha256:" in collector["image"] and collector["readonlyRootFilesystem"]
        assert collector["user"].partition(":")[0] not in {"", "0", "root"}


def test_a_service_sends_where_its_collector_listens(tasks: Mapping[str, Document]) -> None:
    for key, task in tasks.items():
        app, collector = (_variables(container) for container in task["containerDefinitions"])
        does = json.loads(collector["AOT_CONFIG_CONTENT"])
        listens = does["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
        assert app["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"http://{listens}"
        assert (app["OTEL_TRACES_SAMPLER"], app["OTEL_TRACES_SAMPLER_ARG"]) == ("parentbased_traceidratio", "1")
        (scrape,) = does["receivers"]["prometheus"]["config"]["scrape_configs"]
        (target,) = scrape["static_configs"]
        assert target["labels"] == {"service": key.replace("_", "-")}
        assert target["targets"] == ["127.0.0.1:9100"]


def test_a_collector_sends_to_everybody_who_was_asked_for(
    tasks: Mapping[str, Document], workspace: Document, account: Account
) -> None:
    secrets = account.aws("secretsmanager").list_secrets()["SecretList"]
    arns = {secret["Name"]: secret["ARN"] for secret in secrets}
    for task in tasks.values():
        collector = task["containerDefinitions"][1]
        does = json.loads(_variables(collector)["AOT_CONFIG_CONTENT"])
        assert does["exporters"]["prometheusremotewrite"]["endpoint"].startswith(workspace["prometheusEndpoint"])
        assert {name: each["exporters"] for name, each in does["service"]["pipelines"].items()} == {
            "metrics/workspace": ["prometheusremotewrite"],
            "metrics/providers": ["otlphttp/datadog", "otlphttp/new_relic"],
            "traces": ["awsxray", "otlphttp/new_relic", "otlphttp/sentry"],
        }
        assert {each["name"]: each["valueFrom"] for each in collector["secrets"]} == {
            "SENTRY_KEY": arns[f"{NAME}/sentry-key"],
            "NEW_RELIC_KEY": arns[f"{NAME}/new-relic-key"],
            "DATADOG_KEY": arns[f"{NAME}/datadog-key"],
        }


def test_no_key_is_in_a_plan_the_state_or_a_task(
    account: Account, empty_plan: Path, tasks: Mapping[str, Document]
) -> None:
    state = state_of(account.aws("s3"), "dev")
    places = (empty_plan.read_text("utf-8"), state, json.dumps(tasks, default=str))
    assert "sentry-key" in state
    assert [key for key in KEYS.values() if any(key in place for place in places)] == []


def test_tasks_run_without_their_collector_and_that_is_said(account: Account) -> None:
    ecs = account.aws("ecs")
    for name in (service["name"] for service in account.platform["services"].values()):
        arns = ecs.list_tasks(cluster=NAME, serviceName=name, desiredStatus="RUNNING")["taskArns"]
        (task,) = ecs.describe_tasks(cluster=NAME, tasks=arns)["tasks"]
        assert {each["name"]: each["lastStatus"] for each in task["containers"]} == {
            "app": "RUNNING",
            "collector": "STOPPED",
        }
        (service,) = ecs.describe_services(cluster=NAME, services=[name])["services"]
        assert sum("runs without collector" in event["message"] for event in service["events"]) == 1


def test_the_smoke_test_passes_and_nobody_who_sends_traces_minds_that_none_are_taken(
    account: Account, studyctl: CommandLine
) -> None:
    told = studyctl("smoke", "dev", "--json").must(0).document["results"]
    assert {result["check"] for result in told if result["health"] == "healthy"} >= {"services", "end-to-end"}, told
    wait(lambda: _warnings(account), "the API's warning that nobody takes its traces")
    assert set(Counter(_warnings(account)).values()) == {1}, "each process says it once"


def test_no_rule_speaks_against_what_is_deployed(studyctl: CommandLine, empty_plan: Path) -> None:
    report = studyctl("lint", "--plan", str(empty_plan), "--json", STUDYCTL_CHECKOV=str(REPOSITORY / PROGRAM))
    assert report.must(0).document["findings"] == []


def test_every_role_holds_exactly_what_it_needs(studyctl: CommandLine, empty_plan: Path) -> None:
    proof = studyctl("iam", "prove", "dev", "--plan", str(empty_plan), "--json").must(0).document
    assert proof["exact"]
    used = {contract for role in proof["roles"] for contract in role["contracts"]}
    assert used >= {"collector_metrics", "collector_traces"}


def test_a_destroy_leaves_nothing(studyctl: CommandLine, account: Account) -> None:
    studyctl("destroy", "dev", "--confirm", "dev").must(0)
    left = sorted(set(what_is_left(account.aws, "dev")))
    assert not left, "\n".join(left)


def _variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["environment"]}


def _warnings(account: Account) -> list[str]:
    """A log stream, which is a process's, for each time that it was said."""
    found = account.aws("logs").filter_log_events(
        logGroupName=account.platform["services"]["api"]["log_group_name"],
        filterPattern='"the collector takes no traces"',
    )
    return [event["logStreamName"] for event in found["events"]]
