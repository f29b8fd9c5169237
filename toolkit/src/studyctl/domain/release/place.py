"""Where releases happen: the names and addresses that infra/platform promises in its output `platform`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.errors import UsageError

GREEN_SUFFIX = "-green"


@dataclass(frozen=True)
class Colours:
    """The two target groups of a balanced service and the listener's rule that shares the traffic between them."""

    blue_arn: str
    green_arn: str
    rule_arn: str
    port: int

    def dimension(self, colour: str) -> str:
        """How CloudWatch calls a target group: the end of its ARN."""
        arn = self.green_arn if colour == "green" else self.blue_arn
        return arn.rpartition(":")[2]


@dataclass(frozen=True)
class ServicePlace:
    """One service. `key` is its name in the environment's file, `name` its name in ECS."""

    key: str
    name: str
    family: str
    template_arn: str
    log_group: str
    colours: Colours | None = None

    @property
    def green_name(self) -> str:
        """The ECS service that carries a new revision beside the old one; it exists only during such a release."""
        return self.name + GREEN_SUFFIX


@dataclass(frozen=True)
class Place:
    """One environment. `services` are in the order of releasing: consumers before those who give them work."""

    name: str
    url: str
    cluster: str
    services: Mapping[str, ServicePlace]
    registry_url: str
    balancer_arn: str = ""
    balancer_dns_name: str = ""

    @classmethod
    def of(cls, platform: Mapping[str, Any], environment: str = "ENV") -> Place:
        """From the value of the output `platform`. `environment` is how commands know it.

        Raises:
            UsageError: it was deployed by a composition that promised less.
        """
        try:
            return cls._of(platform)
        except KeyError as missing:
            raise UsageError(
                f"the output `platform` lacks {missing}",
                why="It was deployed by an older composition.",
                hint=f"Deploy it again: studyctl deploy {environment} --only infra",
            ) from missing

    @classmethod
    def _of(cls, platform: Mapping[str, Any]) -> Place:
        groups = platform["load_balancer"]["target_groups"]
        places = [_service(key, service, groups.get(key)) for key, service in sorted(platform["services"].items())]
        in_order = sorted(places, key=lambda place: place.colours is not None)
        return cls(
            name=platform["name"],
            url=platform["url"],
            cluster=platform["cluster"]["name"],
            services={place.key: place for place in in_order},
            registry_url=platform["registry_url"],
            balancer_arn=platform["load_balancer"]["arn"],
            balancer_dns_name=platform["load_balancer"]["dns_name"],
        )

    @property
    def balancer_dimension(self) -> str:
        """How CloudWatch calls the balancer."""
        return self.balancer_arn.partition(":loadbalancer/")[2]

    def chosen(self, names: Sequence[str]) -> tuple[str, ...]:
        """The keys of the services that somebody named, in the order of releasing; all when none is named.

        Raises:
            UsageError: there is no such service.
        """
        wanted = {name.replace("-", "_") for name in names} or set(self.services)
        if unknown := sorted(wanted - self.services.keys()):
            raise UsageError(
                f"there is no service {unknown[0]}", hint=f"The services are: {', '.join(sorted(self.services))}."
            )
        return tuple(key for key in self.services if key in wanted)


def _service(key: str, service: Mapping[str, Any], groups: Mapping[str, Any] | None) -> ServicePlace:
    colours = None
    if groups is not None:
        colours = Colours(
            blue_arn=groups["blue"]["arn"],
            green_arn=groups["green"]["arn"],
            rule_arn=groups["listener_rule_arn"],
            port=groups["port"],
        )
    return ServicePlace(
        key=key,
        name=service["name"],
        family=service["task_definition_family"],
        template_arn=service["task_definition_arn"],
        log_group=service["log_group_name"],
        colours=colours,
    )
