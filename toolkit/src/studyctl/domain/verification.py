"""What must be true of the account after an apply, decided from the outputs, and whether it is.

Terraform says that it made something; this asks the service itself. Facts are flat strings so that a mismatch
can be shown as it is.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class Kind(enum.StrEnum):
    """What can be asked about. The value is the word shown to people."""

    CLUSTER = "cluster"
    SERVICE = "service"
    LOAD_BALANCER = "load balancer"
    DATABASE = "database"
    CACHE = "cache"
    QUEUE = "queue"
    BUCKET = "bucket"
    VECTOR_DATABASE = "vector database"
    DISTRIBUTION = "distribution"


# What each kind must answer. Sources: the "available" states of the services' API references, and design rules
# that terraform could report as applied while the account says otherwise.
EXPECTED_FACTS: Mapping[Kind, Mapping[str, str]] = {
    Kind.CLUSTER: {"status": "ACTIVE"},
    Kind.SERVICE: {"status": "ACTIVE"},
    Kind.LOAD_BALANCER: {"state": "active", "scheme": "internet-facing"},
    Kind.DATABASE: {"status": "available", "public": "no", "encrypted": "yes"},
    Kind.CACHE: {"status": "available", "encrypted in transit": "yes", "encrypted at rest": "yes"},
    Kind.QUEUE: {"encrypted": "yes", "dead letters": "yes"},
    Kind.BUCKET: {"versioning": "Enabled", "public access": "blocked"},
    Kind.VECTOR_DATABASE: {"desired instances": "1"},
    Kind.DISTRIBUTION: {"status": "Deployed", "enabled": "yes"},
}


@dataclass(frozen=True)
class Expectation:
    """One thing that must be there. `identifier` is what the service's API wants to be asked with."""

    kind: Kind
    name: str
    identifier: str
    parent: str = ""
    """The cluster of a service; empty for everything else."""


@dataclass(frozen=True)
class Observation:
    """What the service answered: its facts, or why there are none."""

    expectation: Expectation
    facts: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether one expectation is met, and in what it is not."""

    expectation: Expectation
    ok: bool
    detail: str


def expectations(platform: Mapping[str, Any]) -> Iterator[Expectation]:
    """Everything to ask about, from the value of the root's output `platform`."""
    cluster = platform["cluster"]["name"]
    yield Expectation(Kind.CLUSTER, cluster, cluster)
    for key, service in sorted(platform["services"].items()):
        yield Expectation(Kind.SERVICE, key, service["name"], parent=cluster)
    yield Expectation(Kind.LOAD_BALANCER, platform["load_balancer"]["dns_name"], platform["load_balancer"]["arn"])
    database = platform["database"]
    yield Expectation(Kind.DATABASE, "primary", database["identifier"])
    for key, identifier in sorted(database["replica_identifiers"].items()):
        yield Expectation(Kind.DATABASE, f"replica {key}", identifier)
    yield Expectation(Kind.CACHE, platform["cache"]["replication_group_id"], platform["cache"]["replication_group_id"])
    for key, url in sorted(platform["queue_urls"].items()):
        yield Expectation(Kind.QUEUE, key, url)
    for key, name in sorted(platform["buckets"].items()):
        yield Expectation(Kind.BUCKET, key, name)
    group = platform["vector_database"]["autoscaling_group_name"]
    yield Expectation(Kind.VECTOR_DATABASE, group, group)
    if platform["distribution"] is not None:
        yield Expectation(Kind.DISTRIBUTION, platform["distribution"]["domain_name"], platform["distribution"]["id"])


def judge(observation: Observation) -> Verdict:
    """Compare what was answered with what must be."""
    if observation.failure:
        return Verdict(observation.expectation, ok=False, detail=observation.failure)
    expected = EXPECTED_FACTS[observation.expectation.kind]
    wrong = [
        f"{fact} is {observation.facts.get(fact, 'not answered')}, expected {value}"
        for fact, value in expected.items()
        if observation.facts.get(fact) != value
    ]
    facts = ", ".join(f"{fact} {value}" for fact, value in observation.facts.items())
    return Verdict(observation.expectation, ok=not wrong, detail="; ".join(wrong) or facts)
