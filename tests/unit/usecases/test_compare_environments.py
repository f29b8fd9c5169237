from __future__ import annotations

from pathlib import Path

import pytest

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.target import TargetKind
from studyctl.usecases.compare_environments import (
    ABSENT,
    Overview,
    Pair,
    Setting,
    compare_environments,
    list_environments,
    show_environment,
)

SPECS = SpecFiles(Path(__file__).resolve().parents[3])


def test_the_list_says_what_and_where() -> None:
    listed = list_environments(SPECS)
    assert [overview.name for overview in listed] == ["dev", "prod", "staging"]
    assert listed[1] == Overview("prod", TargetKind.EMULATOR, None, "us-east-1", "study-ai.example", False)


def test_the_effective_configuration_is_flat_and_says_what_is_a_default() -> None:
    settings = {setting.key: setting for setting in show_environment(SPECS.load("staging"))}
    assert settings["network.zones.a.public"] == Setting("network.zones.a.public", "10.20.1.0/24", False)
    assert settings["services.api.scaling.backlog_per_task"].is_default
    assert settings["alarms.emails"].value == []
    assert settings["budget.alert_percents"].value == [80, 100]


def test_parity_holds_every_key_once_in_the_order_of_the_spec() -> None:
    parity = compare_environments(SPECS.load("dev"), SPECS.load("prod"))
    pairs = {pair.key: pair for pair in parity.pairs}
    assert len(pairs) == len(parity.pairs) == len(parity.same) + len(parity.different)
    assert pairs["name"] == Pair("name", "dev", "prod")
    assert pairs["network.zones.c.public"] == Pair("network.zones.c.public", ABSENT, "10.0.3.0/24")
    assert pairs["edge"] == Pair("edge", None, ABSENT)
    assert pairs["edge.price_class"].left is ABSENT
    assert pairs["project"].is_same
    assert [pair.key for pair in parity.pairs][:2] == ["name", "project"]
    assert parity.pairs[-1].key == "budget.has_anomaly_alert"


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_an_environment_equals_itself(name: str) -> None:
    assert compare_environments(SPECS.load(name), SPECS.load(name)).different == ()


def test_one_and_true_are_not_the_same() -> None:
    assert not Pair("x", 1, True).is_same
