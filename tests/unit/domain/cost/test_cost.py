"""A month's cost: what is charged, what is assumed, what a plan changes, and what a budget says to it."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.checkout import REPOSITORY

from studyctl.adapters.price_files import read_prices
from studyctl.domain.cost import Evidence, Price, PriceTable, Usage, compare, estimate, judge
from studyctl.domain.cost.charges import CHARGERS, shares
from studyctl.domain.cost.estimate import is_known
from studyctl.domain.cost.free import FREE
from studyctl.domain.topology.planned import Resource
from studyctl.errors import Refused

STAGING = REPOSITORY / "tests" / "fixtures" / "staging.plan.json"
SEEN = datetime.date(2026, 11, 29)


def price(item: str, usd: str, regions: tuple[str, ...] = ("us-east-1",)) -> Price:
    return Price(item, Decimal(usd), "unit", regions, Evidence.LIST, "somewhere", SEEN)


PRICES = (
    *(price(f"fargate{spot}.arm64.{part}", "1") for spot in ("", "_spot") for part in ("vcpu", "gb")),
    price("rds.postgres.db.t4g.large", "2"),
    price("rds.gp3", "3"),
    price("endpoint.hour", "1"),
    price("nat.hour", "5", ("us-east-1", "us-west-2")),
    price("nat.gb", "7"),
)
USAGES = (Usage("aws_nat_gateway", "nat.gb", {"default": Decimal(1), "prod": Decimal(10)}, "a guess"),)
TABLE = PriceTable(PRICES, USAGES)


def resource(resource_type: str, name: str = "main", **values: Any) -> dict[str, Any]:
    return {
        "address": f"module.it.{resource_type}.{name}",
        "type": resource_type,
        "name": name,
        "mode": "managed",
        "values": values,
    }


def root(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"root_module": {"child_modules": [{"address": "module.it", "resources": list(resources)}]}}


def plan(*after: Mapping[str, Any], before: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    return {"planned_values": root(*after), "prior_state": {"values": root(*before)}}


def quantities(document: Mapping[str, Any]) -> dict[str, Decimal]:
    found = estimate(document, TABLE, environment="staging", region="us-east-1")
    return {line.price.item: line.quantity for line in found.lines}


def test_tasks_are_the_fewest_that_scaling_keeps_whatever_the_service_says() -> None:
    document = plan(
        resource("aws_ecs_service", desired_count=1),
        resource("aws_ecs_task_definition", cpu="512", memory="1024"),
        resource("aws_appautoscaling_target", min_capacity=3),
    )
    assert quantities(document) == {
        "fargate.arm64.vcpu": Decimal("0.5") * 3 * 730,
        "fargate.arm64.gb": Decimal(1) * 3 * 730,
    }


def test_a_database_in_two_zones_is_two_and_a_replica_is_as_large_as_its_source() -> None:
    document = plan(
        resource("aws_db_instance", "primary", instance_class="db.t4g.large", allocated_storage=50, multi_az=True),
        resource("aws_db_instance", "replica", instance_class="db.t4g.large"),
    )
    found = estimate(document, TABLE, environment="staging", region="us-east-1")
    assert {(line.address.rpartition(".")[2], line.price.item): line.quantity for line in found.lines} == {
        ("primary", "rds.postgres.db.t4g.large"): Decimal(2 * 730),
        ("primary", "rds.gp3"): Decimal(100),
        ("replica", "rds.postgres.db.t4g.large"): Decimal(730),
        ("replica", "rds.gp3"): Decimal(50),
    }


def test_an_interface_endpoint_is_charged_in_every_private_subnet_and_a_gateway_endpoint_never() -> None:
    subnets = [resource("aws_subnet", name) for name in ("private", "private", "public")]
    interface = resource("aws_vpc_endpoint", "interface", vpc_endpoint_type="Interface")
    gateway = resource("aws_vpc_endpoint", "gateway", vpc_endpoint_type="Gateway")
    assert quantities(plan(*subnets, interface, gateway)) == {"endpoint.hour": Decimal(2 * 730)}


def test_use_is_told_apart_and_differs_by_environment() -> None:
    gateway = plan(resource("aws_nat_gateway"))
    staging = estimate(gateway, TABLE, environment="staging", region="us-east-1")
    prod = estimate(gateway, TABLE, environment="prod", region="us-east-1")
    assert (staging.used_usd, prod.used_usd) == (Decimal(7), Decimal(70))
    assert prod.usd - prod.used_usd == staging.usd - staging.used_usd == Decimal(5 * 730)


def test_what_has_no_price_is_told_and_what_is_known_for_another_region_is_assumed() -> None:
    found = estimate(plan(resource("aws_nat_gateway")), TABLE, environment="staging", region="us-west-2")
    assert [(line.price.item, line.evidence) for line in found.lines] == [("nat.hour", Evidence.ASSUMED)]
    assert found.unpriced == ("aws_nat_gateway: nat.gb in us-west-2",)


def test_a_type_nobody_has_thought_of_is_told() -> None:
    found = estimate(plan(resource("aws_quantum_computer")), TABLE, environment="staging", region="us-east-1")
    assert found.unpriced == ("aws_quantum_computer: nobody said whether it is free",)


def test_a_change_is_the_difference_by_module() -> None:
    one, two = resource("aws_nat_gateway", "a"), resource("aws_nat_gateway", "b")
    compared = compare(plan(one, two, before=(one,)), TABLE, environment="staging", region="us-east-1")
    assert compared.usd == Decimal(5 * 730 + 7)
    assert compared.changes == {"it": Decimal(5 * 730 + 7)}
    assert not compare(plan(one, before=(one,)), TABLE, environment="staging", region="us-east-1").changes


COUNTS = st.integers(0, 30)
PROVIDERS = st.lists(
    st.fixed_dictionaries(
        {
            "capacity_provider": st.sampled_from(["FARGATE", "FARGATE_SPOT"]),
            "base": st.integers(0, 5),
            "weight": st.integers(0, 5),
        }
    ),
    max_size=2,
    unique_by=lambda provider: str(provider["capacity_provider"]),
)


@given(PROVIDERS, COUNTS)
def test_every_task_is_on_exactly_one_provider(providers: list[dict[str, Any]], count: int) -> None:
    values = {"capacity_provider_strategy": providers}
    found = shares(Resource("s", "aws_ecs_service", "s", "", is_managed=True, values=values), count)
    assert sum(found.values()) == count
    assert all(tasks > 0 for tasks in found.values()) or not count


NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


@given(NAMES, NAMES)
def test_a_plan_back_saves_what_the_plan_cost(before: list[str], after: list[str]) -> None:
    old = tuple(resource("aws_nat_gateway", name) for name in before)
    new = tuple(resource("aws_nat_gateway", name) for name in after)
    there = compare(plan(*new, before=old), TABLE, environment="prod", region="us-east-1")
    back = compare(plan(*old, before=new), TABLE, environment="prod", region="us-east-1")
    assert there.usd == -back.usd
    assert there.before.usd == back.after.usd
    assert sum(there.changes.values(), Decimal(0)) == there.usd
    assert sum(there.after.by_module.values(), Decimal(0)) == there.after.usd
    assert sum(there.after.by_evidence.values(), Decimal(0)) == there.after.usd


@given(st.decimals(0, 10_000, places=2), st.integers(1, 10_000))
def test_a_budget_stops_only_what_is_above_it_and_only_where_it_shall(usd: Decimal, budget: int) -> None:
    judge("prod", usd, budget, is_enforced=False).enforce()
    verdict = judge("prod", usd, budget, is_enforced=True)
    assert (verdict.percent > 100) == verdict.is_exceeded == (usd > budget)
    if verdict.is_exceeded:
        with pytest.raises(Refused) as refused:
            verdict.enforce()
        assert refused.value.exit_code == 3
    else:
        verdict.enforce()


def composed_types() -> set[str]:
    files = [*(REPOSITORY / "terraform").rglob("*.tf"), *(REPOSITORY / "infra" / "platform").glob("*.tf")]
    texts: list[str] = [Path(file).read_text("utf-8") for file in files if ".terraform" not in file.parts]
    return {name for text in texts for name in re.findall(r'^resource "([a-z0-9_]+)"', text, re.MULTILINE)}


def test_of_every_type_that_we_compose_it_is_known_what_it_costs() -> None:
    table = read_prices(REPOSITORY)
    assert {name for name in composed_types() if not is_known(name, table)} == set()
    assert FREE.isdisjoint(CHARGERS)
    assert FREE.isdisjoint({usage.resource for usage in table.usages})


def test_our_prices_cover_both_regions_of_our_own_plan() -> None:
    document = json.loads(STAGING.read_text("utf-8"))
    table = read_prices(REPOSITORY)
    found = {
        region: estimate(document, table, environment="staging", region=region) for region in ("us-east-1", "us-west-2")
    }
    assert {region: one.unpriced for region, one in found.items()} == {"us-east-1": (), "us-west-2": ()}
    assert Decimal(300) < found["us-east-1"].usd < Decimal(1500)
    assert found["us-west-2"].by_evidence[Evidence.LIST] == 0
