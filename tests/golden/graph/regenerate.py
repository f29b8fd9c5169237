"""Writes what the graph's goldens are made of.

python -m tests.golden.graph.regenerate             the goldens and README's picture, from the fixture
python -m tests.golden.graph.regenerate PLAN_JSON   the fixture too, from `terraform show -json` of a staging plan
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studyctl.domain.topology import Topology, mermaid, svg, topology_of

REPOSITORY = Path(__file__).resolve().parents[3]
FIXTURE = REPOSITORY / "tests" / "fixtures" / "staging.plan.json"
GOLDENS: Mapping[Path, Callable[[Topology], str]] = {
    Path("docs/images/staging.svg"): svg,
    Path("tests/golden/graph/staging.mmd"): mermaid,
}
ADVICE = "if the change is meant, run: python -m tests.golden.graph.regenerate"

# What pictures are read from. Everything else of a plan, secrets above all, stays out of the fixture.
KEPT = frozenset(
    {
        *("actions", "aliases", "alias", "allocated_storage", "automatic_failover_enabled", "availability_zone"),
        *("backup_retention_period", "capacity_provider_strategy", "cidr_block", "cpu", "domain_name", "engine"),
        *("engine_version", "http_version", "instance_class", "instance_type", "limit_amount", "limit_unit"),
        *("max_allocated_storage", "max_capacity", "memory", "message_retention_seconds", "min_capacity", "multi_az"),
        *("name", "node_type", "num_cache_clusters", "origin", "policy_details", "price_class", "protocol"),
        *("replicate_source_db", "rule", "setting", "size", "snapshot_retention_limit", "ssl_policy", "statement"),
        *("type", "versioning_configuration"),
    }
)


def fixture() -> Topology:
    """Staging as the fixture has it."""
    return topology_of(json.loads(FIXTURE.read_text("utf-8")), "staging")


def trimmed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The plan without what no picture needs."""
    root = document["configuration"]["root_module"]
    calls = {
        name: {"source": call["source"], "expressions": references(call.get("expressions", {}))}
        for name, call in root["module_calls"].items()
    }
    resources = [
        {"address": one["address"], "expressions": references(one.get("expressions", {}))} for one in root["resources"]
    ]
    environment = {"name": document["variables"]["environment"]["value"]["name"]}
    return {
        "format_version": document["format_version"],
        "terraform_version": document["terraform_version"],
        "variables": {"environment": {"value": environment}},
        "planned_values": {"root_module": module(document["planned_values"]["root_module"])},
        "configuration": {"root_module": {"module_calls": calls, "resources": resources}},
    }


def module(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A module with the attributes that are kept."""
    kept = ("address", "mode", "type", "name", "index")
    made: dict[str, Any] = {"address": raw["address"]} if "address" in raw else {}
    made["resources"] = [
        {**{key: one[key] for key in kept if key in one}, "values": filled(one.get("values", {}))}
        for one in raw.get("resources", ())
    ]
    if raw.get("child_modules"):
        made["child_modules"] = [module(child) for child in raw["child_modules"]]
    return made


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The kept attributes that say something."""
    return {key: sparse(value) for key, value in values.items() if key in KEPT and value not in (None, "", [], {})}


def sparse(value: Any) -> Any:
    """The value without what is empty inside it."""
    if isinstance(value, dict):
        return {key: sparse(inner) for key, inner in value.items() if inner not in (None, "", [], {})}
    return [sparse(inner) for inner in value] if isinstance(value, list) else value


def references(expressions: Any) -> Any:
    """Expressions reduced to what they refer to; constants are in the planned values."""
    if isinstance(expressions, list):
        return [found for one in expressions if (found := references(one))]
    if not isinstance(expressions, dict):
        return None
    if "references" in expressions:
        wanted = [one for one in expressions["references"] if one.startswith(("module.", "data.", "aws_"))]
        return {"references": wanted} if wanted else None
    return {key: found for key, inner in expressions.items() if (found := references(inner))}


def main(arguments: list[str]) -> None:
    """Write the fixture if a plan is named, then the goldens."""
    for path in arguments:
        document = json.loads(Path(path).read_text("utf-8"))
        small = trimmed(document)
        if topology_of(small, "staging") != topology_of(document, "staging"):
            raise SystemExit(f"{path} is drawn otherwise when trimmed: add what is read to KEPT in {__file__}")
        FIXTURE.parent.mkdir(exist_ok=True)
        FIXTURE.write_text(json.dumps(small, indent=1, sort_keys=True) + "\n", "utf-8")
    topology = fixture()
    for golden, render in GOLDENS.items():
        (REPOSITORY / golden).parent.mkdir(parents=True, exist_ok=True)
        (REPOSITORY / golden).write_text(render(topology), "utf-8", newline="\n")
        sys.stdout.write(f"{golden} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
