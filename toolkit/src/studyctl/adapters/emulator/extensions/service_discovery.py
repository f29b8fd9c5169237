"""Service Discovery: the hosted zone of a private namespace.

- The zone is called `NAME-hz`, belongs to no VPC, outlives its namespace, and its id is said with its path: a record
  in the namespace's zone is refused, and a destroyed environment leaves zones behind.
- A second private namespace in a VPC is refused, whatever its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.route53.models import Route53Backend, route53_backends
from moto.servicediscovery.exceptions import ConflictingDomainExists
from moto.servicediscovery.models import ServiceDiscoveryBackend

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("servicediscovery")


def _zones(backend: ServiceDiscoveryBackend) -> Route53Backend:
    return route53_backends[backend.account_id][backend.partition]


@EXTENSION.mend(ServiceDiscoveryBackend, "create_private_dns_namespace")
def create_private_dns_namespace(original: Callable[..., str], backend: ServiceDiscoveryBackend, **fields: Any) -> str:
    """Give the namespace a zone of its own name in its VPC, which may have others."""
    vpc = fields["vpc"]
    if any(each.vpc == vpc and each.name == fields["name"] for each in backend.namespaces.values()):
        raise ConflictingDomainExists(vpc)
    operation = original(backend, **{**fields, "vpc": None})
    namespace = backend.namespaces[backend.operations[operation].targets["NAMESPACE"]]
    namespace.vpc = vpc
    properties: dict[str, Any] = namespace.dns_properties
    zones = _zones(backend)
    zones.delete_hosted_zone(properties["HostedZoneId"].rsplit("/", 1)[-1])
    zone = zones.create_hosted_zone(
        f"{namespace.name}.",
        private_zone=True,
        vpcid=namespace.vpc,
        vpcregion=backend.region_name,
        comment="Created by AWS Cloud Map",
    )
    properties["HostedZoneId"] = zone.resource_id
    return operation


@EXTENSION.mend(ServiceDiscoveryBackend, "delete_namespace")
def delete_namespace(original: Callable[..., str], backend: ServiceDiscoveryBackend, namespace_id: str) -> str:
    """Delete the zone as well."""
    namespace = backend.get_namespace(namespace_id)
    operation = original(backend, namespace_id)
    zone = (namespace.dns_properties or {}).get("HostedZoneId")
    if zone in _zones(backend).zones:
        _zones(backend).delete_hosted_zone(zone)
    return operation
