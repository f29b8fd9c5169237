"""Which databases and caches the account has, under which names tasks know them, and who may sign in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.extensions.registry import Shelf

DEFAULT_DATABASE = "postgres"


@dataclass(frozen=True)
class Endpoint:
    """A name and a port of the account."""

    host: str
    port: int


@dataclass(frozen=True)
class Database:
    """An RDS instance and its replicas, which CloudWatch calls `instances`. `id` is never given to another one."""

    id: str
    name: str
    endpoints: tuple[Endpoint, ...]
    database: str
    user: str
    password: str = field(repr=False)
    instances: tuple[str, ...] = ()
    storage_gib: int = 0


@dataclass(frozen=True)
class CacheUser:
    """A user of a cache and what it may do, in the words of Valkey's access lists. Any password is accepted."""

    name: str
    access: str


@dataclass(frozen=True)
class Cache:
    """An ElastiCache replication group and its nodes, by the names of the clusters that CloudWatch knows them by."""

    id: str
    name: str
    endpoints: tuple[Endpoint, ...]
    users: tuple[CacheUser, ...]
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class VectorDatabase:
    """The Qdrant node behind a name of the private namespace. `group` is the auto-scaling group that keeps it alive."""

    id: str
    name: str
    endpoints: tuple[Endpoint, ...]
    group: str = ""
    storage_gib: int = 0


Server = Database | Cache | VectorDatabase

# where the extension of ElastiCache keeps user groups, which moto does not have
_user_groups: Shelf[dict[str, Any]] = Shelf("elasticache_user_groups")

VECTOR_SERVICE, VECTOR_PORT = "vector-db", 6333
STOPPED = "stopped"


def servers_of(accounts: Accounts, place: Place) -> tuple[Server, ...]:
    """Everything that tasks of this account and region may connect to."""
    return (*_databases(accounts, place), *_caches(accounts, place), *_vector_databases(accounts, place))


def stopped_databases(accounts: Accounts, place: Place) -> frozenset[str]:
    """The ids of the databases that somebody stopped with StopDBInstance."""
    with accounts.open("rds", place) as backend:
        return frozenset(each.dbi_resource_id for each in backend.databases.values() if each.status == STOPPED)


def _databases(accounts: Accounts, place: Place) -> list[Database]:
    with accounts.open("rds", place) as backend:
        instances = list(backend.databases.values())
        replicas = [each for each in instances if each.is_replica]
        found = [
            (each, (each, *[other for other in replicas if _is_replica_of(other, each)]), _password(each))
            for each in instances
            if not each.is_replica
        ]
    return [
        Database(
            id=each.dbi_resource_id,
            name=each.db_instance_identifier,
            endpoints=tuple(Endpoint(one.address, int(one.port)) for one in family),
            database=each.db_name or DEFAULT_DATABASE,
            user=each.master_username,
            password=password or _managed_password(accounts, place, each),
            instances=tuple(one.db_instance_identifier for one in family),
            storage_gib=int(each.allocated_storage or 0),
        )
        for each, family, password in found
    ]


def _is_replica_of(replica: Any, instance: Any) -> bool:
    source = str(replica.source_db_instance_identifier or "")
    return source.rsplit(":", 1)[-1] == str(instance.db_instance_identifier)


def _password(instance: Any) -> str:
    """The password that was given; empty when RDS manages it. moto keeps it, and refuses to tell it by its own name."""
    is_managed = getattr(instance, "master_user_secret", None) is not None
    return "" if is_managed else str(instance._master_user_password or "")


def _managed_password(accounts: Accounts, place: Place, instance: Any) -> str:
    secret = getattr(instance, "master_user_secret", None)
    if secret is None:
        return ""
    with accounts.open("secretsmanager", place) as backend:
        text = backend.get_secret_value(secret.secret_arn, None, None)["SecretString"]
    return str(json.loads(text)["password"])


def _caches(accounts: Accounts, place: Place) -> list[Cache]:
    with accounts.open("elasticache", place) as backend:
        return [
            Cache(
                id=each.replication_group_id,
                name=each.replication_group_id,
                endpoints=tuple(
                    Endpoint(node_group[name], int(each.port))
                    for node_group in each.node_groups
                    for name in ("primary_endpoint_address", "reader_endpoint_address")
                    if name in node_group
                ),
                users=tuple(
                    CacheUser(user.name, user.access_string)
                    for group in each.user_group_ids or ()
                    for user in _users_of(backend, group)
                ),
                nodes=tuple(each.member_clusters),
            )
            for each in backend.replication_groups.values()
        ]


def _users_of(backend: Any, group: str) -> list[Any]:
    members = _user_groups.of(backend).get(group, {}).get("UserIds", [])
    return [backend.users[member] for member in members if member in backend.users]


def _vector_databases(accounts: Accounts, place: Place) -> list[VectorDatabase]:
    with accounts.open("servicediscovery", place) as backend:
        names = {each.id: each.name for each in backend.namespaces.values()}
        namespaces = [
            names[namespace]
            for each in backend.services.values()
            if each.name == VECTOR_SERVICE and (namespace := _namespace_of(each)) in names
        ]
    return [_vector_database(accounts, place, namespace) for namespace in namespaces]


def _vector_database(accounts: Accounts, place: Place, namespace: str) -> VectorDatabase:
    """Its node and its volume are found by the names that terraform/vector_db gives them."""
    host, node = f"{VECTOR_SERVICE}.{namespace}", f"{namespace.partition('.')[0]}-{VECTOR_SERVICE}"
    with accounts.open("ec2", place) as backend:
        sizes = [
            int(volume.size)
            for volume in backend.volumes.values()
            if any((tag["key"], tag["value"]) == ("Name", f"{node}-data") for tag in volume.get_tags())
        ]
    return VectorDatabase(host, host, (Endpoint(host, VECTOR_PORT),), group=node, storage_gib=max(sizes, default=0))


def _namespace_of(service: Any) -> str:
    """AWS takes it in either place, and terraform gives it with the DNS records; moto keeps it where it was given."""
    return str(service.namespace_id or (service.dns_config or {}).get("NamespaceId", ""))
