"""What is worth one line about a module instance, read from what is planned. No value here is ever a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from studyctl.domain.topology.planned import Instance, Resource, mappings

Facts = Callable[[Instance], Iterator[str]]

SECONDS_A_DAY = 86_400
CPU_UNITS = 1024
"""A vCPU has that many of the units in which ECS counts."""

_ENGINES = {"postgres": "PostgreSQL", "valkey": "Valkey", "redis": "Redis", "mysql": "MySQL"}
_STORAGE_CLASSES = {
    "STANDARD_IA": "infrequent access",
    "GLACIER": "Glacier",
    "GLACIER_IR": "Glacier",
    "DEEP_ARCHIVE": "Deep Archive",
}
_HTTP_VERSIONS = {"http2and3": "HTTP/2 and 3", "http3": "HTTP/3", "http2": "HTTP/2", "http1.1": "HTTP/1.1"}


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return `1 replica` or `2 replicas`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def number_of(resource_type: str, noun: str, plural: str = "") -> Facts:
    """Return a fact that counts the resources of one type."""

    def facts(instance: Instance) -> Iterator[str]:
        if found := instance.of(resource_type):
            yield counted(len(found), noun, plural)

    return facts


def nothing(_: Instance) -> Iterator[str]:
    """Say nothing: the title is enough."""
    return iter(())


def network(instance: Instance) -> Iterator[str]:
    """Say which addresses, how many zones, how the inside reaches the outside."""
    yield from _texts(instance, "aws_vpc", "cidr_block")
    zones = {subnet.text("availability_zone") for subnet in instance.of("aws_subnet")}
    gateways = len(instance.of("aws_nat_gateway"))
    if zones:
        yield counted(len(zones), "zone")
    if gateways:
        yield "NAT per zone" if gateways == len(zones) > 1 else counted(gateways, "NAT gateway")
    if endpoints := instance.of("aws_vpc_endpoint"):
        yield counted(len(endpoints), "VPC endpoint")


def distribution(instance: Instance) -> Iterator[str]:
    """Say which names it answers, and how."""
    for one in instance.of("aws_cloudfront_distribution"):
        aliases = one.at("aliases")
        yield from sorted(str(alias) for alias in aliases) if isinstance(aliases, list) else ()
        yield _HTTP_VERSIONS.get(one.text("http_version"), "")
        price = one.text("price_class").removeprefix("PriceClass_").lower()
        yield f"price class {price}" if price else ""


def balancer(instance: Instance) -> Iterator[str]:
    """Say what it speaks, and for how many services."""
    for listener in instance.of("aws_lb_listener"):
        if listener.text("protocol") == "HTTPS":
            yield _joined("HTTPS", "TLS 1.2 and 1.3" if "TLS13-1-2" in listener.text("ssl_policy") else "")
    groups = [group.index for group in instance.of("aws_lb_target_group")]
    if colours := {index.rpartition("-")[0] for index in groups if index.endswith(("-blue", "-green"))}:
        yield f"{counted(len(colours), 'service')}, blue and green"
    elif groups:
        yield counted(len(groups), "target group")


def service(instance: Instance) -> Iterator[str]:
    """Say how many tasks of what size, and on what they run."""
    bounds = next(iter(instance.of("aws_appautoscaling_target")), None)
    for task in instance.of("aws_ecs_task_definition"):
        cpu, memory = task.number("cpu") / CPU_UNITS, task.number("memory") / 1024
        size = _joined(f"{cpu:g} vCPU" if cpu else "", f"{memory:g} GiB" if memory else "")
        count = _range(bounds.number("min_capacity"), bounds.number("max_capacity")) if bounds else ""
        strategy = [
            provider.get("capacity_provider")
            for one in instance.of("aws_ecs_service")
            for provider in one.all("capacity_provider_strategy")
        ]
        yield _joined(f"{count} × {size}" if count and size else size, "Spot" if "FARGATE_SPOT" in strategy else "")


def cache(instance: Instance) -> Iterator[str]:
    """Say what it runs on, and what happens when that fails."""
    for one in instance.of("aws_elasticache_replication_group"):
        replicas = one.number("num_cache_clusters") - 1
        yield _joined(one.text("node_type"), counted(replicas, "replica") if replicas > 0 else "single node")
        engine = _ENGINES.get(one.text("engine"), one.text("engine"))
        failover = "failover" if one.at("automatic_failover_enabled") is True else ""
        yield _joined(f"{engine} {one.text('engine_version')}".strip(), failover)
        yield _kept("snapshots", one.number("snapshot_retention_limit"))


def database(instance: Instance) -> Iterator[str]:
    """Say what it runs on, what stands by, and how long backups are kept."""
    everything = instance.of("aws_db_instance")
    copies = [one for one in everything if one.text("replicate_source_db") or one.name.startswith("replica")]
    for one in (one for one in everything if one not in copies):
        multi = "Multi-AZ" if one.at("multi_az") is True else "single zone"
        yield _joined(one.text("instance_class"), multi, counted(len(copies), "replica") if copies else "")
        engine = _ENGINES.get(one.text("engine"), one.text("engine"))
        storage = _range(one.number("allocated_storage"), one.number("max_allocated_storage"))
        yield _joined(f"{engine} {one.text('engine_version')}".strip(), f"{storage} GiB" if storage else "")
        yield _kept("backups", one.number("backup_retention_period"))


def node(instance: Instance) -> Iterator[str]:
    """Say what machine it is, with which volume."""
    machine = next(_texts(instance, "aws_launch_template", "instance_type"), "")
    volumes = [f"{one.number('size'):,} GiB {one.text('type')}".strip() for one in instance.of("aws_ebs_volume")]
    yield _joined(machine, *volumes)
    for policy in instance.of("aws_dlm_lifecycle_policy"):
        count = policy.number("policy_details", 0, "schedule", 0, "retain_rule", 0, "count")
        yield _kept("snapshots", count)


def queue(instance: Instance) -> Iterator[str]:
    """Say how long messages wait, and that failed ones are kept apart."""
    for one in instance.of("aws_sqs_queue"):
        if one.name != "dead_letter":
            days = one.number("message_retention_seconds") // SECONDS_A_DAY
            yield _joined(
                _kept("kept", days), "dead letters" if instance.has("aws_sqs_queue_redrive_allow_policy") else ""
            )


def bucket(instance: Instance) -> Iterator[str]:
    """Say where objects go as they age."""
    said = [
        text
        for one in instance.of("aws_s3_bucket_lifecycle_configuration")
        for rule in one.all("rule")
        for text in (*_moves(rule), *_ends(rule))
    ]
    yield "; ".join(said) if said else _versioned(instance)


def firewall(instance: Instance) -> Iterator[str]:
    """Say how many managed rule groups it has, and how much one client may ask."""
    for one in instance.of("aws_wafv2_web_acl"):
        rules = one.all("rule")
        limits = [
            limit.get("limit")
            for rule in rules
            for statement in mappings(rule.get("statement"))
            for limit in mappings(statement.get("rate_based_statement"))
        ]
        yield counted(len(rules) - len(limits), "managed rule group") if len(rules) > len(limits) else ""
        yield from (f"{limit:,} requests in 5 minutes" for limit in limits if isinstance(limit, int))


def certificate(instance: Instance) -> Iterator[str]:
    """Say for which name."""
    return _texts(instance, "aws_acm_certificate", "domain_name")


def cluster(instance: Instance) -> Iterator[str]:
    """Say whether it is watched closely."""
    for one in instance.of("aws_ecs_cluster"):
        values = [setting.get("value") for setting in one.all("setting")]
        yield "Container Insights" if "enabled" in values or "enhanced" in values else ""


def alarms(instance: Instance) -> Iterator[str]:
    """Say how much is watched."""
    watched = len(instance.of("aws_cloudwatch_metric_alarm")) + len(instance.of("aws_cloudwatch_composite_alarm"))
    topics = len(instance.of("aws_sns_topic"))
    yield _joined(counted(watched, "alarm") if watched else "", counted(topics, "topic") if topics else "")


def budget(instance: Instance) -> Iterator[str]:
    """Say how much may be spent."""
    for one in instance.of("aws_budgets_budget"):
        yield f"{one.number('limit_amount'):,} {one.text('limit_unit')} a month" if one.number("limit_amount") else ""


def _moves(rule: object) -> Iterator[str]:
    for move in mappings(rule.get("transition") if isinstance(rule, dict) else None):
        target = _STORAGE_CLASSES.get(str(move.get("storage_class")), "")
        if target and move.get("days"):
            yield f"{target} after {move['days']} days"


def _ends(rule: object) -> Iterator[str]:
    for end in mappings(rule.get("expiration") if isinstance(rule, dict) else None):
        if end.get("days"):
            yield f"deleted after {end['days']} days"


def _versioned(instance: Instance) -> str:
    for one in instance.of("aws_s3_bucket_versioning"):
        if one.text("versioning_configuration", 0, "status") == "Enabled":
            return "versioned"
    return ""


def _texts(instance: Instance, resource_type: str, attribute: str) -> Iterator[str]:
    return (text for one in instance.of(resource_type) if (text := _text(one, attribute)))


def _text(resource: Resource, attribute: str) -> str:
    return resource.text(attribute)


def _kept(what: str, days: int) -> str:
    if days <= 0:
        return ""
    return f"{what if what == 'kept' else what + ' kept'} {counted(days, 'day')}"


def _range(low: int, high: int) -> str:
    if not high or low == high:
        return f"{low:,}" if low else ""
    return f"{low:,}–{high:,}"  # noqa: RUF001  a range has an en dash


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
