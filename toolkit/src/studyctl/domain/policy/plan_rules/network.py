"""Controls of the network: what the world reaches, and what does not travel through it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control, nowhere
from studyctl.domain.policy.rules.rule import Offence

WORLD = frozenset({"0.0.0.0/0", "::/0"})
DATA_PORTS = (1433, 1521, 3306, 5432, 6333, 6334, 6379, 9200, 11211, 27017)
PRIVATE_ENDPOINTS = frozenset({"ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs", "ssm"})
ZONES = 2


@dataclass(frozen=True, slots=True)
class Door:
    """One rule that lets something in, whatever resource says so. Ports are None where every port is meant."""

    resource: PlannedResource
    first: int | None
    last: int | None
    cidrs: frozenset[str]
    has_groups: bool
    group: str
    """The attribute that names the group, empty where the resource is the group."""
    has_lists: bool
    """Whether it is for prefix lists; a group that was read back says so of every rule that others gave it."""

    @property
    def is_for_world(self) -> bool:
        """Whether anybody may come in."""
        return bool(self.cidrs & WORLD)

    def opens(self, port: int) -> bool:
        """Whether it lets something in at a port."""
        return self.first is None or self.last is None or self.first <= port <= self.last


def doors(subject: PlanSubject) -> Iterator[Door]:
    """Yield every ingress rule: those of their own, and those inside of groups."""
    for one in subject.of("aws_vpc_security_group_ingress_rule"):
        cidrs = frozenset(filter(None, (one.text("cidr_ipv4"), one.text("cidr_ipv6"))))
        yield _door(one, one.values, cidrs, "security_group_id", has_groups=one.has("referenced_security_group_id"))
    for one in subject.of("aws_security_group_rule"):
        if one.text("type") == "ingress":
            yield _door(
                one, one.values, _cidrs(one.values), "security_group_id", has_groups=one.has("source_security_group_id")
            )
    for one in subject.of("aws_security_group", "aws_default_security_group"):
        for block in one.blocks("ingress"):
            yield _door(
                one, block, _cidrs(block), "", has_groups=bool(block.get("security_groups") or block.get("self"))
            )


def _door(one: PlannedResource, values: Any, cidrs: frozenset[str], group: str, *, has_groups: bool) -> Door:
    is_every_port = (
        str(values.get("ip_protocol", values.get("protocol", ""))) == "-1" or values.get("from_port") is None
    )
    first, last = (None, None) if is_every_port else (int(values["from_port"]), int(values["to_port"]))
    has_lists = bool(values.get("prefix_list_id") or values.get("prefix_list_ids"))
    return Door(one, first, last, cidrs, has_groups, group, has_lists)


def _cidrs(values: Any) -> frozenset[str]:
    return frozenset((*(values.get("cidr_blocks") or ()), *(values.get("ipv6_cidr_blocks") or ())))


def data_ports_are_closed_to_the_world(subject: PlanSubject) -> Iterator[Offence]:
    """Yield doors for everybody to a database, cache or index."""
    for door in doors(subject):
        open_ports = [port for port in DATA_PORTS if door.is_for_world and door.opens(port)]
        if open_ports:
            yield at(door.resource, f"the world reaches port {', '.join(map(str, open_ports))}")


def the_world_reaches_the_load_balancer_only(subject: PlanSubject) -> Iterator[Offence]:
    """Yield doors for everybody that are not 80 or 443 of a load balancer."""
    balancers = subject.companions("security_groups", "aws_lb")
    for door in doors(subject):
        if not door.is_for_world:
            continue
        groups = subject.refers(door.resource, door.group) if door.group else {door.resource.address}
        if door.first not in (80, 443) or door.last != door.first or not groups <= balancers:
            yield at(door.resource, "the world reaches more than port 80 or 443 of a load balancer")


def data_stores_admit_groups_only(subject: PlanSubject) -> Iterator[Offence]:
    """Yield doors to a database, cache or index for addresses instead of named clients."""
    for door in doors(subject):
        is_data = door.first is not None and door.first == door.last and door.first in DATA_PORTS
        if is_data and (door.cidrs or door.resource.has("prefix_list_id") or not door.has_groups):
            yield at(door.resource, f"port {door.first} admits addresses; clients are named by their group")


def objects_do_not_travel_through_nat(subject: PlanSubject) -> Iterator[Offence]:
    """Yield networks without a gateway endpoint for S3."""
    endpoints = [one for one in subject.of("aws_vpc_endpoint") if one.text("vpc_endpoint_type") in ("Gateway", "")]
    served = {
        vpc for one in endpoints if one.text("service_name").endswith(".s3") for vpc in subject.refers(one, "vpc_id")
    }
    for vpc in subject.of("aws_vpc"):
        if vpc.address not in served:
            yield at(vpc, "there is no gateway endpoint for S3, so objects travel through NAT")


def every_tier_is_in_two_zones(subject: PlanSubject) -> Iterator[Offence]:
    """Yield tiers of subnets (one block of code each) that one zone can take away."""
    tiers: dict[tuple[object, str], list[PlannedResource]] = defaultdict(list)
    for subnet in subject.of("aws_subnet"):
        tiers[subnet.module, subnet.name].append(subnet)
    for (_, name), subnets in tiers.items():
        zones = {s.text("availability_zone") or s.text("availability_zone_id") for s in subnets} - {""}
        if len(zones) < ZONES and not any(s.is_unknown("availability_zone") for s in subnets):
            yield at(subnets[0], f"the tier {name} is in {', '.join(sorted(zones)) or 'one zone'} only")


def every_network_acl_has_subnets(subject: PlanSubject) -> Iterator[Offence]:
    """Yield network ACLs that guard nothing."""
    associated = subject.companions("network_acl_id", "aws_network_acl_association")
    for acl in subject.of("aws_network_acl"):
        if not acl.has("subnet_ids") and acl.address not in associated:
            yield at(acl, "no subnet has this ACL")


def aws_services_are_reached_privately(subject: PlanSubject) -> Iterator[Offence]:
    """Yield the interface endpoints that are missing."""
    if not subject.of("aws_vpc"):
        return
    there = {endpoint.text("service_name").split(".", 3)[-1] for endpoint in subject.of("aws_vpc_endpoint")}
    for missing in sorted(PRIVATE_ENDPOINTS - there):
        yield nowhere(subject, f"there is no interface endpoint for {missing}")


RULES = (
    control(
        "SC701",
        "data-ports-open",
        data_ports_are_closed_to_the_world,
        fsbp="EC2.19",
        severity=Severity.CRITICAL,
        summary="The world reaches no port of databases, caches and indexes",
        fix="Admit the security groups of the clients.",
    ),
    control(
        "SC702",
        "open-to-the-world",
        the_world_reaches_the_load_balancer_only,
        fsbp="EC2.18",
        severity=Severity.HIGH,
        summary="The world reaches 80 and 443 of load balancers and nothing else",
        fix="Remove the rule, or put a load balancer in front.",
    ),
    control(
        "SC703",
        "data-stores-admit-addresses",
        data_stores_admit_groups_only,
        source="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
        summary="Data stores admit named groups, no addresses",
        fix="Name the client's group with referenced_security_group_id.",
    ),
    control(
        "SC704",
        "no-s3-endpoint",
        objects_do_not_travel_through_nat,
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
        severity=Severity.LOW,
        summary="Every network has a gateway endpoint for S3",
        fix='Add an aws_vpc_endpoint of type "Gateway" for com.amazonaws.REGION.s3.',
    ),
    control(
        "SC705",
        "one-zone",
        every_tier_is_in_two_zones,
        source="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html",
        summary="Every tier of subnets is in two zones or more",
        fix="Add a subnet in another availability zone.",
    ),
    control(
        "SC706",
        "idle-network-acl",
        every_network_acl_has_subnets,
        fsbp="EC2.16",
        severity=Severity.LOW,
        summary="Every network ACL guards subnets",
        fix="Give it subnet_ids, or remove it.",
    ),
    control(
        "SC707",
        "no-interface-endpoints",
        aws_services_are_reached_privately,
        fsbp="EC2.55",
        is_for_protected=True,
        summary="ECR, Logs, Secrets Manager, SQS and SSM are reached through interface endpoints",
        fix="Add an aws_vpc_endpoint for the service.",
    ),
)
