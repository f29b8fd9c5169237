"""The output `platform` of infra/platform, as small as a test wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ACCOUNT, REGION = "123456789012", "us-east-1"
BALANCED = ("api", "notification")
SERVICES = ("api", "document", "notification", "quiz")
PATHS = {"api": ["/api/*", "/health", "/health/*", "/version"], "notification": ["/notifications/*"]}


def arn(service: str, what: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{what}"


def platform_output(
    services: Sequence[str] = SERVICES,
    *,
    name: str = "study-dev",
    cluster: str = "study-dev",
    templates: Mapping[str, str] | None = None,
    target_groups: Mapping[str, Mapping[str, Any]] | None = None,
    balancer_arn: str = "",
    **parts: Any,
) -> dict[str, Any]:
    """What `Place.of` and the probes read; `parts` replace whole entries."""
    given = templates or {}
    groups = target_groups or {key: colours(name, key) for key in services if key in BALANCED}
    return {
        "name": name,
        "url": f"https://{name}.example",
        "cluster": {"name": cluster, "arn": arn("ecs", f"cluster/{cluster}")},
        "services": {
            key: {
                "name": f"{name}-{key}",
                "task_definition_family": f"{name}-{key}",
                "task_definition_arn": given.get(key) or arn("ecs", f"task-definition/{name}-{key}:1"),
                "log_group_name": f"/ecs/{name}-{key}",
            }
            for key in services
        },
        "load_balancer": {
            "arn": balancer_arn or arn("elasticloadbalancing", f"loadbalancer/app/{name}/0123456789abcdef"),
            "dns_name": f"{name}.elb.example",
            "target_groups": groups,
        },
        "registry_url": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}/app",
        "queue_urls": {},
        "buckets": {},
        "distribution": None,
        **parts,
    }


def colours(name: str, key: str) -> dict[str, Any]:
    made = {
        colour: {"arn": arn("elasticloadbalancing", f"targetgroup/{name}-{key}-{colour}/0123456789abcdef")}
        for colour in ("blue", "green")
    }
    rule = arn("elasticloadbalancing", f"listener-rule/app/{name}/{key}")
    return {**made, "port": 8000, "listener_rule_arn": rule}
