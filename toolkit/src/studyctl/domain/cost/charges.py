"""What AWS charges for a planned resource whether it is used or not: how many of which item a month.

Counts that only the apply knows are read from what stands beside the resource: an interface endpoint has an address in
every private subnet of its network, and a task definition belongs to the service of its module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from studyctl.domain.cost.prices import HOURS_A_MONTH
from studyctl.domain.topology.planned import Instance, Resource

MIB_A_GB = Decimal(1024)
CPU_UNITS = Decimal(1024)
DETAILED_EC2_METRICS = Decimal(7)
"""Metrics that EC2's detailed monitoring bills as custom ones (CloudWatch pricing, 'EC2 Detailed Monitoring')."""


@dataclass(frozen=True, slots=True)
class Charge:
    """So many of an item in a month. `what` tells it from others of the same resource."""

    address: str
    item: str
    quantity: Decimal
    what: str


Charger = Callable[[Resource, Instance], Iterator[Charge]]


def charges_of(resource: Resource, beside: Instance) -> tuple[Charge, ...]:
    """Return the charges of one resource; `beside` is the module instance that it stands in."""
    charger = CHARGERS.get(resource.type)
    return tuple(charger(resource, beside)) if charger else ()


def _hours(item: str, what: str) -> Charger:
    def charge(resource: Resource, _beside: Instance) -> Iterator[Charge]:
        yield Charge(resource.address, item, HOURS_A_MONTH, what)

    return charge


def _each(item: str, what: str) -> Charger:
    def charge(resource: Resource, _beside: Instance) -> Iterator[Charge]:
        yield Charge(resource.address, item, Decimal(1), what)

    return charge


def _tasks(resource: Resource, beside: Instance) -> Iterator[Charge]:
    """The fewest tasks that scaling keeps, split over the capacity providers by base and weight."""
    targets, definitions = beside.of("aws_appautoscaling_target"), beside.of("aws_ecs_task_definition")
    count = targets[0].number("min_capacity") if targets else resource.number("desired_count")
    if not definitions or not count:
        return
    definition = definitions[0]
    architecture = (definition.text("runtime_platform", 0, "cpu_architecture") or "arm64").lower()
    for provider, tasks in shares(resource, count).items():
        prefix = "fargate_spot" if provider == "FARGATE_SPOT" else "fargate"
        what = f"{tasks} task{'' if tasks == 1 else 's'} {'on spot' if provider == 'FARGATE_SPOT' else 'on demand'}"
        hours = tasks * HOURS_A_MONTH
        cpu, memory = definition.number("cpu") / CPU_UNITS, definition.number("memory") / MIB_A_GB
        yield Charge(resource.address, f"{prefix}.{architecture}.vcpu", cpu * hours, f"{what}: vCPU")
        yield Charge(resource.address, f"{prefix}.{architecture}.gb", memory * hours, f"{what}: memory")


def shares(service: Resource, count: int) -> Mapping[str, int]:
    """Return how many of `count` tasks each capacity provider gets: bases first, the rest by weight.

    ECS rounds in its own way when the rest does not divide; here what is left over goes to the heaviest.
    """
    providers = service.all("capacity_provider_strategy")
    if not providers:
        return {"FARGATE": count}
    found: dict[str, int] = {}
    left = count
    for provider in providers:
        base = min(left, int(provider.get("base") or 0))
        found[str(provider.get("capacity_provider"))] = base
        left -= base
    weights = {str(one.get("capacity_provider")): int(one.get("weight") or 0) for one in providers}
    total = sum(weights.values())
    spread = {name: left * weight // total if total else 0 for name, weight in weights.items()}
    heaviest = max(weights, key=lambda name: (weights[name], name))
    spread[heaviest] += left - sum(spread.values())
    return {name: found[name] + spread[name] for name in found if found[name] + spread[name]}


def _database(resource: Resource, beside: Instance) -> Iterator[Charge]:
    primaries = [one for one in beside.of("aws_db_instance") if one.number("allocated_storage")]
    # a replica is as large as its source, and says nothing of it in a plan
    gib = resource.number("allocated_storage") or (primaries[0].number("allocated_storage") if primaries else 0)
    copies = 2 if resource.at("multi_az") is True else 1
    zones = "two zones" if copies == 2 else "one zone"  # noqa: PLR2004
    item = f"rds.postgres.{resource.text('instance_class')}"
    yield Charge(resource.address, item, copies * HOURS_A_MONTH, f"{resource.text('instance_class')} in {zones}")
    yield Charge(resource.address, "rds.gp3", Decimal(gib * copies), f"{gib} GiB in {zones}")


def _cache(resource: Resource, _beside: Instance) -> Iterator[Charge]:
    nodes, node = resource.number("num_cache_clusters"), resource.text("node_type")
    engine = resource.text("engine") or "valkey"
    yield Charge(resource.address, f"elasticache.{engine}.{node}", nodes * HOURS_A_MONTH, f"{nodes} {node}")


def _machines(resource: Resource, beside: Instance) -> Iterator[Charge]:
    templates = beside.of("aws_launch_template")
    if not templates:
        return
    template, machines = templates[0], max(resource.number("min_size"), resource.number("desired_capacity"))
    kind = template.text("instance_type")
    yield Charge(resource.address, f"ec2.{kind}", machines * HOURS_A_MONTH, f"{machines} {kind}")
    for device in template.all("block_device_mappings"):
        for volume in device.get("ebs") or ():
            gib = int(volume.get("volume_size") or 0)
            yield Charge(resource.address, "ebs.gp3", Decimal(gib * machines), f"{gib} GiB system disk")
    if template.at("monitoring", 0, "enabled") is True:
        yield Charge(resource.address, "metric.custom", machines * DETAILED_EC2_METRICS, "detailed monitoring")


def _volume(resource: Resource, _beside: Instance) -> Iterator[Charge]:
    gib = resource.number("size")
    yield Charge(resource.address, f"ebs.{resource.text('type')}", Decimal(gib), f"{gib} GiB")


def _endpoint(resource: Resource, beside: Instance) -> Iterator[Charge]:
    if resource.text("vpc_endpoint_type") != "Interface":
        return  # gateway endpoints are free
    zones = sum(subnet.name == "private" for subnet in beside.of("aws_subnet"))
    yield Charge(resource.address, "endpoint.hour", zones * HOURS_A_MONTH, f"addresses in {zones} zones")


def _firewall(resource: Resource, _beside: Instance) -> Iterator[Charge]:
    rules = len(resource.all("rule"))
    yield Charge(resource.address, "waf.acl", Decimal(1), "access list")
    yield Charge(resource.address, "waf.rule", Decimal(rules), f"{rules} rules")


def _alarm(resource: Resource, _beside: Instance) -> Iterator[Charge]:
    """Each metric of a formula is charged; before a dimension is known the plan shows none of them, and one counts."""
    metrics = sum(bool(query.get("metric")) for query in resource.all("metric_query")) or 1
    yield Charge(resource.address, "alarm.metric", Decimal(metrics), "alarm")


CHARGERS: Mapping[str, Charger] = MappingProxyType(
    {
        "aws_autoscaling_group": _machines,
        "aws_cloudwatch_composite_alarm": _each("alarm.composite", "composite alarm"),
        "aws_cloudwatch_dashboard": _each("dashboard.month", "dashboard"),
        "aws_cloudwatch_metric_alarm": _alarm,
        "aws_db_instance": _database,
        "aws_ebs_volume": _volume,
        "aws_ecs_service": _tasks,
        "aws_eip": _hours("ipv4.hour", "public address"),
        "aws_elasticache_replication_group": _cache,
        "aws_kms_key": _each("kms.key", "key"),
        "aws_lb": _hours("alb.hour", "balancer"),
        "aws_nat_gateway": _hours("nat.hour", "gateway"),
        "aws_route53_zone": _each("route53.zone", "zone"),
        "aws_secretsmanager_secret": _each("secret.month", "secret"),
        "aws_service_discovery_private_dns_namespace": _each("route53.zone", "private zone"),
        "aws_vpc_endpoint": _endpoint,
        "aws_wafv2_web_acl": _firewall,
    }
)
"""By resource type. What is charged by use only is in infra/cost/usage.yaml; the rest is in free.py."""
