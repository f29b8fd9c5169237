"""Controls of load balancers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.network import doors
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence

_MODERN = re.compile(r"ELBSecurityPolicy-TLS13-1-[23]-")
ZONES = 2


def balancers_are_in_two_zones(subject: PlanSubject) -> Iterator[Offence]:
    """Yield balancers with fewer than two subnets."""
    for balancer in subject.of("aws_lb"):
        known = len(balancer.values.get("subnets") or ()) + len(balancer.blocks("subnet_mapping"))
        referred = {one for attribute in ("subnets", "subnet_mapping") for one in subject.refers(balancer, attribute)}
        is_unknown = balancer.is_unknown("subnets") or balancer.is_unknown("subnet_mapping")
        if known < ZONES and not (is_unknown and (len(referred) >= ZONES or not referred)):
            yield at(balancer, "it is in fewer than two zones")


def listeners_speak_modern_tls(subject: PlanSubject) -> Iterator[Offence]:
    """Yield listeners that speak old TLS or answer over HTTP."""
    for listener in subject.of("aws_lb_listener"):
        if listener.text("protocol") in ("HTTPS", "TLS"):
            if not _MODERN.match(listener.text("ssl_policy")):
                yield at(listener, f"its TLS policy is {listener.text('ssl_policy') or 'the default'}")
        elif listener.text("protocol") == "HTTP" and listener.block("default_action").get("type") != "redirect":
            yield at(listener, "it answers over HTTP")


def targets_are_checked(subject: PlanSubject) -> Iterator[Offence]:
    """Yield target groups without a health check on a path."""
    for group in subject.of("aws_lb_target_group"):
        health = group.block("health_check")
        needs_path = group.text("protocol") in ("HTTP", "HTTPS")
        if not health.get("enabled", True) or (needs_path and not str(health.get("path") or "").startswith("/")):
            yield at(group, "its targets are not checked on a path")


def balancers_are_not_deleted_by_accident(subject: PlanSubject) -> Iterator[Offence]:
    """Yield balancers without deletion protection."""
    for balancer in subject.of("aws_lb"):
        if not balancer.values.get("enable_deletion_protection"):
            yield at(balancer, "it can be deleted by accident")


def balancers_have_a_firewall(subject: PlanSubject) -> Iterator[Offence]:
    """Yield application balancers without a web ACL."""
    guarded = subject.companions("resource_arn", "aws_wafv2_web_acl_association")
    for balancer in _public(subject):
        if balancer.text("load_balancer_type") in ("application", "") and balancer.address not in guarded:
            yield at(balancer, "it has no web ACL")


def balancers_behind_a_cdn_admit_nobody_else(subject: PlanSubject) -> Iterator[Offence]:
    """Yield doors of public balancers that let more in than the CDN's prefix list, where there is a CDN."""
    if not subject.of("aws_cloudfront_distribution"):
        return
    groups = subject.companions("security_groups", "aws_lb")
    for door in doors(subject):
        own = subject.refers(door.resource, door.group) if door.group else {door.resource.address}
        if own & groups and (door.cidrs or door.has_groups or not door.has_lists):
            yield at(door.resource, "it lets in more than the CDN")


def _public(subject: PlanSubject) -> Iterator[PlannedResource]:
    return (balancer for balancer in subject.of("aws_lb") if not balancer.values.get("internal"))


RULES = (
    control(
        "SC726",
        "balancer-in-one-zone",
        balancers_are_in_two_zones,
        fsbp="ELB.13",
        summary="Load balancers are in two zones or more",
        fix="Give it the subnets of every zone.",
    ),
    control(
        "SC727",
        "old-tls",
        listeners_speak_modern_tls,
        fsbp="ELB.17",
        summary="Listeners speak TLS 1.2 or newer, and HTTP only redirects",
        fix='Set ssl_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06" or newer; redirect port 80.',
    ),
    control(
        "SC728",
        "unchecked-targets",
        targets_are_checked,
        fsbp="ELB.21",
        summary="Targets are checked on a path",
        fix="Give the target group a health_check with a path.",
    ),
    control(
        "SC729",
        "balancer-deletable",
        balancers_are_not_deleted_by_accident,
        fsbp="ELB.6",
        is_for_protected=True,
        summary="Load balancers have deletion protection",
        fix="Set enable_deletion_protection = true.",
    ),
    control(
        "SC730",
        "balancer-without-firewall",
        balancers_have_a_firewall,
        fsbp="ELB.16",
        is_for_protected=True,
        summary="Public load balancers have a web ACL",
        fix="Add an aws_wafv2_web_acl_association.",
    ),
    control(
        "SC731",
        "balancer-beside-the-cdn",
        balancers_behind_a_cdn_admit_nobody_else,
        source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html",
        is_for_protected=True,
        severity=Severity.HIGH,
        summary="A balancer behind a CDN admits the CDN only",
        fix="Admit the prefix list com.amazonaws.global.cloudfront.origin-facing instead of addresses.",
    ),
)
