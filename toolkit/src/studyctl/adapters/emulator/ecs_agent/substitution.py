"""Where a task is sent in place of the endpoints of its account: they exist as names only, the servers are here.

What changes in a task's environment, and nothing else:

- `X_HOST` that names such an endpoint names the server here, and the port variable that goes with it (`X_PORT`, or that
  of a shorter prefix: `REDIS_READER_HOST` goes with `REDIS_PORT`) holds its port;
- `X_HOSTS`, a list separated by commas, names each as `host:port`;
- a URL whose host is such an endpoint leads to the server here, with the same path;
- `X_CA_FILE` is added: the authority that signed the certificate of the server here; for a database `PGSSLROOTCERT` as
  well, which libpq reads by itself;
- `X_CACHE_NAME` is added for a cache: which cache an IAM token is for cannot be read from the host any more.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

HOST_SUFFIX, HOSTS_SUFFIX, URL_SUFFIX, PORT_SUFFIX = "_HOST", "_HOSTS", "_URL", "_PORT"
CA_SUFFIX, CACHE_NAME_SUFFIX = "_CA_FILE", "_CACHE_NAME"
LIBPQ_CA_VARIABLE = "PGSSLROOTCERT"


class Kind(enum.StrEnum):
    """What a server of the account is."""

    DATABASE = "database"
    CACHE = "cache"
    VECTOR_DATABASE = "vector database"
    BALANCER = "balancer"


@dataclass(frozen=True)
class StandIn:
    """An endpoint of the account and the server that answers for it here. `name` is the resource's."""

    kind: Kind
    name: str
    host: str
    port: int
    local_host: str
    local_port: int
    ca_file: str = ""


def endpoints_of(environment: Mapping[str, str], hosts: Sequence[str]) -> frozenset[str]:
    """Which of the account's hosts an environment names."""
    known = frozenset(hosts)
    return frozenset(host for value in environment.values() for host in _hosts_in(value) if host in known)


def substituted(environment: Mapping[str, str], stand_ins: Sequence[StandIn]) -> dict[str, str]:
    """The environment of a task that runs here."""
    by_host = {each.host: each for each in stand_ins}
    changed = dict(environment)
    for name, value in environment.items():
        if name.endswith(HOST_SUFFIX) and value in by_host:
            changed.update(_host(name, by_host[value], environment))
        elif name.endswith(HOSTS_SUFFIX):
            changed[name] = ",".join(_member(member, by_host) for member in value.split(","))
        elif (found := by_host.get(_url_host(value))) is not None:
            changed[name] = _url(value, found)
            changed.update(_additions(name.removesuffix(URL_SUFFIX), found))
    return changed


def _host(name: str, found: StandIn, environment: Mapping[str, str]) -> dict[str, str]:
    prefix = name.removesuffix(HOST_SUFFIX)
    while prefix and f"{prefix}{PORT_SUFFIX}" not in environment:
        prefix = prefix.rpartition("_")[0]
    prefix = prefix or name.removesuffix(HOST_SUFFIX)
    changes = {name: found.local_host, f"{prefix}{PORT_SUFFIX}": str(found.local_port)}
    return {**changes, **_additions(prefix, found)}


def _additions(prefix: str, found: StandIn) -> dict[str, str]:
    added = {f"{prefix}{CA_SUFFIX}": found.ca_file} if found.ca_file else {}
    if found.kind is Kind.DATABASE and found.ca_file:
        added[LIBPQ_CA_VARIABLE] = found.ca_file
    if found.kind is Kind.CACHE:
        added[f"{prefix}{CACHE_NAME_SUFFIX}"] = found.name
    return added


def _member(member: str, by_host: Mapping[str, StandIn]) -> str:
    found = by_host.get(member.strip().partition(":")[0])
    return f"{found.local_host}:{found.local_port}" if found else member


def _url(value: str, found: StandIn) -> str:
    parts = urlsplit(value)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{found.local_host}:{found.local_port}"))


def _url_host(value: str) -> str:
    if "://" not in value:
        return ""
    try:
        return urlsplit(value).hostname or ""
    except ValueError:
        return ""


def _hosts_in(value: str) -> list[str]:
    return [_url_host(value), *(member.strip().partition(":")[0] for member in value.split(","))]
