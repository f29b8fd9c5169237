"""Everything that telemetry can turn on, in one plan: it fits together, and no role gets more than it needs."""

from __future__ import annotations

import pytest
from tests.support.contracts import OWN
from tests.support.plans import Plan, Planner
from tests.support.telemetry import turn_on_telemetry

from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.usecases.iam import prove

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def with_everything(shared_emulator: EmulatorEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("telemetry")
    planner = Planner(folder, shared_emulator)
    turn_on_telemetry(folder / "environments" / "dev.yaml", with_grafana=True)
    return planner.plan("dev")


def test_what_was_asked_for_is_there(with_everything: Plan) -> None:
    kinds = ("aws_prometheus_workspace", "aws_prometheus_alert_manager_definition", "aws_grafana_workspace")
    assert [resource.type for resource in with_everything.of(*kinds)] == sorted(kinds)
    keys = {resource.key for resource in with_everything.of("aws_secretsmanager_secret")}
    assert {"sentry_key", "new_relic_key", "datadog_key"} <= keys
    filled = {resource.key for resource in with_everything.of("aws_secretsmanager_secret_version")}
    assert filled.isdisjoint({"sentry_key", "new_relic_key", "datadog_key"}), "a person puts them there"
    assert "metrics" in {resource.key for resource in with_everything.of("aws_kms_key")}


def test_rules_are_known_before_the_apply(with_everything: Plan) -> None:
    (rules,) = with_everything.of("aws_prometheus_rule_group_namespace")
    assert "alert: balancer-errors" in rules.text("data")


def test_every_role_is_sufficient_and_necessary_for_it(with_everything: Plan) -> None:
    proof = prove(with_everything.document, OWN.contracts, OWN.kinds)
    found = {
        role.name: [f"{one.side.value} {one.action}" for one in role.judgement.differences] for role in proof.roles
    }
    assert {name: actions for name, actions in found.items() if actions} == {}
    used = {name for role in proof.roles for name in role.contracts}
    assert {contract.name for contract in OWN.contracts if contract.when.startswith("telemetry.")} <= used
