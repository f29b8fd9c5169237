"""Routes and standings as JSON: what is said between the balancer's process and whoever steers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from studyctl.adapters.local.load_balancer.health import Health, Standing
from studyctl.adapters.local.load_balancer.table import Table, Target
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup

Document = list[dict[str, Any]]


def routes_to_json(routes: Sequence[Route]) -> Document:
    """Plain values."""
    return [asdict(route) for route in routes]


def routes_from_json(document: Any) -> tuple[Route, ...]:
    """The routes that `routes_to_json` made plain.

    Raises:
        ValueError: it is something else.
    """
    try:
        return tuple(
            Route(tuple(route["paths"]), tuple(_weighted(weighted) for weighted in route["groups"]))
            for route in document
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"these are no routes: {type(error).__name__}: {error}") from error


def standings_to_json(table: Table) -> Document:
    """How every target stands."""
    return [
        {"group": target.group, "port": target.port, "check": asdict(target.check), **asdict(standing)}
        for target, standing in table.standings.items()
    ]


def standings_from_json(document: Document) -> dict[Target, Standing]:
    """What `standings_to_json` made plain."""
    return {
        Target(row["group"], row["port"], HealthCheck(**row["check"])): Standing(
            Health(row["health"]), row["streak"], row["reason"], row["detail"]
        )
        for row in document
    }


def _weighted(document: dict[str, Any]) -> WeightedGroup:
    group = document["group"]
    ports = tuple(int(port) for port in group["ports"])
    return WeightedGroup(
        TargetGroup(str(group["name"]), ports, HealthCheck(**group["health"])), int(document["weight"])
    )
