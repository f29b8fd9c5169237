"""One row for each rule: what is changed in a good spec, which key is blamed, and what the message tells to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Problems = Callable[..., dict[str, str]]
ZONE_B = "network.zones.b"
SCHEDULES = "services.api.scaling.schedules"
SENTRY = "https://o1.ingest.sentry.io/api/2/integration/otlp"
GROUP = "01234567-89ab-cdef-0123-456789abcdef"
MORNING = {"cron": "0 7 ? * MON-FRI *", "min": 4, "max": 8}
WINDOW = {"days": ["monday"], "opens": "09:00", "closes": "16:00", "timezone": "Europe/Berlin"}
FREEZE = {"begins": "2026-12-18 18:00", "ends": "2027-01-04 09:00", "timezone": "UTC", "reason": "year end"}

REFUSED = [
    # identity
    ("name", "prod", "name", "write name: staging"),
    ("project", "Study", "project", "lower-case"),
    ("project", "s", "project", "2 to 16 characters"),
    ("owner", "", "owner", "letters, digits"),
    ("owner", " platform", "owner", "inner spaces"),
    ("owner", "team${x}", "owner", "AWS refuses other characters in a tag"),
    ("owner", "x" * 257, "owner", "at most 256 characters"),
    ("cost_center", "a\nb", "cost_center", "letters, digits"),
    ("account_id", "12345678901", "account_id", "12 digits"),
    ("account_id", "١٢٣٤٥٦٧٨٩٠١٢", "account_id", "12 digits"),
    ("account_id", "123456789012\n", "account_id", "12 digits"),
    ("account_id", 123456789012, "account_id", "put it in quotes"),
    ("region", "us-east", "region", "such as us-east-1"),
    ("backup_region", "us-east-1", "backup_region", "name another region"),
    ("backup_region", "cn-north-1", "backup_region", "partition aws"),
    ("can_be_destroyed", "yes", "can_be_destroyed", "write true"),
    ("can_be_destroyed", 1, "can_be_destroyed", "true or false"),
    ("first_image_digest", "sha256:" + "A" * 64, "first_image_digest", "lower-case hexadecimal"),
    ("first_image_digest", "latest", "first_image_digest", "sha256:"),
    # deployments
    ("deployments", {"windows": [WINDOW | {"days": []}]}, "deployments.windows[0].days", "at least 1 entry"),
    ("deployments", {"windows": [WINDOW | {"days": ["monday"] * 2}]}, "deployments.windows[0].days[1]", "listed twice"),
    ("deployments", {"windows": [WINDOW | {"days": ["Mon"]}]}, "deployments.windows[0].days[0]", "one of monday"),
    ("deployments", {"windows": [WINDOW | {"opens": "9:00"}]}, "deployments.windows[0].opens", 'such as "09:00"'),
    ("deployments", {"windows": [WINDOW | {"opens": "24:00"}]}, "deployments.windows[0].opens", 'such as "09:00"'),
    ("deployments", {"windows": [WINDOW | {"closes": "09:00"}]}, "deployments.windows[0].closes", "for a whole day"),
    ("deployments", {"windows": [WINDOW | {"timezone": "CEST"}]}, "deployments.windows[0].timezone", "Europe/Berlin"),
    (
        "deployments",
        {"windows": [WINDOW | {"timezone": "Europe/Bern"}]},
        "deployments.windows[0].timezone",
        "known",
    ),
    ("deployments", {"windows": [WINDOW | {"timezone": "../../etc"}]}, "deployments.windows[0].timezone", "IANA"),
    ("deployments", {"freezes": [FREEZE | {"ends": "2026-12-18 17:59"}]}, "deployments.freezes[0].ends", "exchange"),
    ("deployments", {"freezes": [FREEZE | {"begins": "2026-02-30 10:00"}]}, "deployments.freezes[0].begins", "exists"),
    (
        "deployments",
        {"freezes": [FREEZE | {"begins": "2026-12-18"}]},
        "deployments.freezes[0].begins",
        "a day and a time",
    ),
    ("deployments", {"freezes": [FREEZE | {"reason": " "}]}, "deployments.freezes[0].reason", "a reason"),
    # domain
    ("domain.name", "Staging.example.com", "domain.name", "lower-case DNS name"),
    ("domain.name", "localhost", "domain.name", "at least one dot"),
    ("domain.name", "a." + "b" * 63 + ".example", "domain.name", "at most 64 characters"),
    ("domain.name", "-a.example", "domain.name", "DNS name"),
    ("domain.name", "bücher.example", "domain.name", "xn--"),
    ("domain.hosted_zone_id", "zone", "domain.hosted_zone_id", "or null"),
    # network
    ("network.cidr", "10.20.0.0", "network.cidr", "IPv4 range"),
    ("network.cidr", "10.20.0.1/16", "network.cidr", "write 10.20.0.0/16"),
    ("network.cidr", "10.0.0.0/8", "network.cidr", "between /16 and /28"),
    ("network.cidr", "8.8.0.0/16", "network.cidr", "is public"),
    ("network.cidr", "fd00::/64", "network.cidr", "IPv4 range"),
    ("network.cidr", "10.30.0.0/16", f"{ZONE_B}.public", "choose a subnet of 10.30.0.0/16"),
    (f"{ZONE_B}.private", "10.21.0.0/24", f"{ZONE_B}.private", "outside network.cidr 10.20.0.0/16"),
    (f"{ZONE_B}.private", "10.20.1.128/25", f"{ZONE_B}.private", "overlaps zones.a.public"),
    (ZONE_B, "10.20.2.0/24", ZONE_B, "must be a mapping"),
    ("network.zones", {}, "network.zones", "at least 2 entries"),
    ("network.zones.g", {}, "network.zones.g", "write one of a, b, c"),
    ("network.nat_gateways", "none", "network.nat_gateways", "one of single or per_zone"),
    ("network.private_endpoints", ["sqs", "sqs"], "network.private_endpoints[1]", "listed twice"),
    ("network.private_endpoints", ["ecr.api"], "network.private_endpoints", "add ecr.dkr"),
    ("network.private_endpoints", ["ec2"], "network.private_endpoints[0]", "one of ec2messages"),
    ("network.private_endpoints", "sqs", "network.private_endpoints", "must be a list"),
    # services and queues
    ("services.api.cpu", 300, "services.api.cpu", "one of 256, 512"),
    ("services.api.cpu", "512", "services.api.cpu", "remove the quotes"),
    ("services.api.memory_mib", 4608, "services.api.memory_mib", "write 4096 (from 1024 to 4096)"),
    ("services.api.memory_mib", 1025, "services.api.memory_mib", "write 1024"),
    ("services.api.memory_mib", "1024", "services.api.memory_mib", "remove the quotes"),
    ("services.api.memory_mib", 1024.0, "services.api.memory_mib", "whole number"),
    ("services.api.memory_mib", True, "services.api.memory_mib", "whole number"),
    ("services.api.capacity", "reserved", "services.api.capacity", "on_demand or spot"),
    ("services.api.scaling.min", 5, "services.api.scaling.min", "min 5 is above max 4"),
    ("services.api.scaling.min", 0, "services.api.scaling.min", "1 or more"),
    ("services.api.scaling.cpu_percent", 100, "services.api.scaling.cpu_percent", "95 or less"),
    ("services.api.scaling.backlog_per_task", 5, "services.api.scaling.backlog_per_task", "consumes no queue"),
    ("services.outbox_relay.scaling.backlog_per_task", 5, "services.outbox_relay.scaling.backlog_per_task", "no queue"),
    ("services.scheduler.scaling.max", 2, "services.scheduler.scaling.max", "one task, never two"),
    (
        "services.scheduler.scaling.schedules",
        {"m": {**MORNING, "min": 1, "max": 1}},
        "services.scheduler.scaling.schedules",
        "remove them",
    ),
    ("services.webhooks", {}, "services.webhooks", "unknown key"),
    (SCHEDULES, {"m": {**MORNING, "cron": "0 7 * * *"}}, f"{SCHEDULES}.m.cron", "six fields"),
    (SCHEDULES, {"m": {**MORNING, "cron": "cron(0 7 ? * MON *)"}}, f"{SCHEDULES}.m.cron", "without cron(...)"),
    (SCHEDULES, {"m": {**MORNING, "cron": "0 24 ? * MON *"}}, f"{SCHEDULES}.m.cron", "from 0 to 23"),
    (SCHEDULES, {"m": {**MORNING, "cron": "0 7 * * MON *"}}, f"{SCHEDULES}.m.cron", "exactly one"),
    (SCHEDULES, {"m": {**MORNING, "timezone": "Europe/Berln"}}, f"{SCHEDULES}.m.timezone", "mean Europe/Berlin?"),
    (SCHEDULES, {"m": {**MORNING, "timezone": "../etc/passwd"}}, f"{SCHEDULES}.m.timezone", "no such time zone"),
    (SCHEDULES, {"m": {**MORNING, "timezone": ""}}, f"{SCHEDULES}.m.timezone", "write UTC"),
    (SCHEDULES, {"m": {**MORNING, "min": 9}}, f"{SCHEDULES}.m.min", "min 9 is above max 8"),
    (SCHEDULES, {"m": {**MORNING, "min": 0}}, f"{SCHEDULES}.m.min", "1 or more"),
    (SCHEDULES, {"m": {**MORNING, "maximum": 1}}, f"{SCHEDULES}.m.maximum", "did you mean max?"),
    (SCHEDULES, {"m": {"cron": "0 7 ? * MON *", "min": 1}}, f"{SCHEDULES}.m.max", "missing; add max"),
    (SCHEDULES, {"Monday morning": MORNING}, f"{SCHEDULES}.Monday morning", "such as weekday-mornings"),
    (SCHEDULES, {f"m{number}": MORNING for number in range(21)}, SCHEDULES, "at most 20 entries"),
    ("queues.quiz_queue.max_receive_count", 1, "queues.quiz_queue.max_receive_count", "2 or more"),
    ("queues.quiz_queue.max_receive_count", 1000, "queues.quiz_queue.retention_days", "raise retention_days"),
    ("queues.quiz_queue.retention_days", 15, "queues.quiz_queue.retention_days", "14 or less"),
    # data
    (
        "object_storage.buckets.uploads.infrequent_access_after_days",
        29,
        "object_storage.buckets.uploads.infrequent_access_after_days",
        "30 or more",
    ),
    (
        "object_storage.buckets.uploads.glacier_after_days",
        59,
        "object_storage.buckets.uploads.glacier_after_days",
        "write 60 or more",
    ),
    (
        "object_storage.buckets.processed.expire_after_days",
        60,
        "object_storage.buckets.processed.expire_after_days",
        "more than 60",
    ),
    ("cache.node_type", "t4g.small", "cache.node_type", "such as cache.t4g.small"),
    ("cache.replicas", 6, "cache.replicas", "5 or less"),
    ("database.engine_version", "9.6", "database.engine_version", "PostgreSQL version in quotes"),
    ("database.engine_version", 16, "database.engine_version", "put it in quotes"),
    ("database.instance_class", "t4g.large", "database.instance_class", "such as db.t4g.medium"),
    ("database.max_storage_gib", 54, "database.max_storage_gib", "write 55 or more"),
    ("database.backup_retention_days", 6, "database.backup_retention_days", "7 or more"),
    ("database.is_deletion_protected", True, "can_be_destroyed", "write can_be_destroyed: false"),
    ("vector_database.instance_type", "r6i.large", "vector_database.instance_type", "Graviton"),
    ("vector_database.qdrant_version", 1.15, "vector_database.qdrant_version", "put it in quotes"),
    ("vector_database.qdrant_version", "1.15", "vector_database.qdrant_version", "whole Qdrant release"),
    # operations
    ("edge.price_class", "All", "edge.price_class", "PriceClass_100"),
    ("edge.requests_per_5_minutes", 9, "edge.requests_per_5_minutes", "10 or more"),
    ("edge", [], "edge", "must be a mapping"),
    ("logs.retention_days", 31, "logs.retention_days", "one of 1, 3, 5"),
    ("alarms.emails", ["platform"], "alarms.emails[0]", "e-mail address"),
    ("alarms.emails", ["a@b.example", "a@b.example"], "alarms.emails[1]", "listed twice"),
    ("alarms.level", None, "alarms.level", "one of basic or full, not null"),
    ("telemetry", {"managed_prometheus": {}}, "telemetry.managed_prometheus", "add telemetry.collector: {}"),
    ("telemetry", {"exporters": {"datadog": {}}}, "telemetry.exporters.datadog", "add telemetry.collector: {}"),
    ("telemetry", {"collector": {"has_traces": False}}, "telemetry.collector", "collect for nobody"),
    (
        "telemetry",
        {"collector": {"has_traces": False}, "exporters": {"sentry": {"endpoint": SENTRY}}},
        "telemetry.exporters.sentry",
        "takes traces only",
    ),
    ("telemetry", {"collector": {"memory_mib": 600}}, "telemetry.collector.memory_mib", "write 256 or less"),
    ("telemetry", {"collector": {"cpu": 300}}, "telemetry.collector.cpu", "or raise services."),
    ("telemetry", {"collector": {"trace_percent": 101}}, "telemetry.collector.trace_percent", "100 or less"),
    ("telemetry", {"collector": {"image": "x"}}, "telemetry.collector.image", "unknown key"),
    ("telemetry", {"collector": True}, "telemetry.collector", "must be a mapping"),
    (
        "telemetry",
        {"collector": {}, "managed_prometheus": {"retention_days": 0}},
        "telemetry.managed_prometheus.retention_days",
        "1 or more",
    ),
    (
        "telemetry",
        {"collector": {}, "exporters": {"sentry": {"endpoint": "https://key@o1.ingest.sentry.io/2"}}},
        "telemetry.exporters.sentry.endpoint",
        "OTLP address of a project",
    ),
    (
        "telemetry",
        {"collector": {}, "exporters": {"datadog": {"site": "datadog.com"}}},
        "telemetry.exporters.datadog.site",
        "one of datadoghq.com",
    ),
    (
        "telemetry",
        {"collector": {}, "exporters": {"new_relic": {"region": "EU"}}},
        "telemetry.exporters.new_relic.region",
        "us or eu",
    ),
    (
        "telemetry",
        {"collector": {}, "exporters": {"newrelic": {}}},
        "telemetry.exporters.newrelic",
        "did you mean new_relic?",
    ),
    (
        "telemetry",
        {"managed_grafana": {"admin_group_ids": []}},
        "telemetry.managed_grafana.admin_group_ids",
        "at least 1 entry",
    ),
    (
        "telemetry",
        {"managed_grafana": {"admin_group_ids": ["admins"]}},
        "telemetry.managed_grafana.admin_group_ids[0]",
        "id of a group",
    ),
    (
        "telemetry",
        {"managed_grafana": {"admin_group_ids": [GROUP], "viewer_group_ids": [GROUP]}},
        "telemetry.managed_grafana.viewer_group_ids[0]",
        "administers it already",
    ),
    ("budget.monthly_usd", 10**30, "budget.monthly_usd", "10000000 or less"),
    ("budget.alert_percents", [], "budget.alert_percents", "at least 1 entry"),
    ("budget.alert_percents", [100, 80], "budget.alert_percents[1]", "rising"),
    ("budget.alert_percents", [0], "budget.alert_percents[0]", "1 or more"),
]


@pytest.mark.parametrize(("key", "value", "blamed", "advice"), REFUSED, ids=lambda part: str(part)[:40])
def test_a_wrong_value_is_blamed_at_its_key_with_the_fix(
    problems: Problems, key: str, value: Any, blamed: str, advice: str
) -> None:
    found = problems((key, value))
    assert blamed in found
    assert advice in found[blamed]


ACCEPTED: list[tuple[str, Any]] = [
    ("account_id", "123456789012"),
    ("owner", "Platform team (x)".replace("(x)", "= a+b@c/d:e_f.g")),
    ("edge", None),
    ("deployments", {"windows": [WINDOW, WINDOW | {"opens": "22:00", "closes": "24:00"}], "freezes": [FREEZE]}),
    ("domain.hosted_zone_id", "Z0123456789ABCDEFGHIJ"),
    ("services.notification.scaling.backlog_per_task", 50),
    ("services.api.scaling.backlog_per_task", None),
    ("services.api.memory_mib", 4096),
    (SCHEDULES, {"mornings": {**MORNING, "timezone": "Europe/Berlin"}, "nights": {**MORNING, "cron": "30 19 L * ? *"}}),
    ("database.engine_version", "16.4"),
    ("database.instance_class", "db.r6gd.16xlarge"),
    ("database.max_storage_gib", 55),
    ("network.private_endpoints", []),
    ("alarms.emails", ["first.last+alarms@study-ai.example"]),
    ("backup_region", "ap-southeast-2"),
    ("telemetry", {"collector": {}}),
    ("telemetry", {"collector": {"has_traces": False}, "exporters": {"new_relic": {}}}),
    ("telemetry", {"collector": {}, "managed_prometheus": {}, "exporters": {"sentry": {"endpoint": SENTRY}}}),
    ("telemetry", {"managed_grafana": {"admin_group_ids": [GROUP, "0123456789-" + GROUP]}}),
]


@pytest.mark.parametrize(("key", "value"), ACCEPTED, ids=lambda part: str(part)[:40])
def test_a_right_value_is_accepted(problems: Problems, key: str, value: Any) -> None:
    assert problems((key, value)) == {}


def test_every_problem_is_told_at_once(problems: Problems) -> None:
    found = problems(
        ("name", "dev"),
        ("services.api.cpu", 1),
        ("services.quiz.memory_mib", 1),
        (f"{ZONE_B}.public", "10.20.1.0/24"),
        (f"{ZONE_B}.private", "10.99.0.0/24"),
        ("budget.monthly_usd", "100"),
    )
    assert len(found) == 6


def test_a_value_in_a_message_is_short(problems: Problems) -> None:
    assert all(len(message) < 300 for message in problems(("owner", "$" * 100_000)).values())
