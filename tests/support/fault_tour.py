"""The fault tour: which alarms each fault rings, here and in the emulated account. docs/monitoring.md shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BUSY = frozenset(
    {
        *("balancer-latency", "balancer-latency api", "latency-budget-fast-burn api", "latency-budget-slow-burn api"),
        *("api-latency-budget-fast-burn", "notification-latency-budget-fast-burn"),
    }
)
"""What a machine rings that is busy with something else: one upload that took longer than a second is a promise broken
where nobody else asks. It is right to ring, and no fault's doing."""

HELD_UP_SECONDS = 300
"""Longer than any wait of the tour."""
SLOW_VECTORS_SECONDS = 0.7
"""Above the limit of a search, below that of a request and of the health check that asks Qdrant too."""
SEARCH = "/api/search?query=energy"


@dataclass(frozen=True)
class Rings:
    """What a fault is, and everything that rings because of it.

    `prometheus` names alerts and whom they are about; `hushed` are those of them that a greater one eclipses, so nobody
    is told. `cloudwatch` names alarms that tell somebody, without the environment's name before them; `lasting` those
    that join them the longer the fault lasts, so that nobody can say of a short one whether they do.
    """

    what: str
    prometheus: frozenset[str]
    cloudwatch: frozenset[str]
    hushed: frozenset[str] = field(default_factory=frozenset)
    lasting: frozenset[str] = field(default_factory=frozenset)

    def strangers(self, rang: frozenset[str]) -> frozenset[str]:
        """What rang and has nothing to do with the fault."""
        return rang - self.prometheus - self.cloudwatch - self.lasting - BUSY

    @property
    def told(self) -> frozenset[str]:
        """What Alertmanager tells people."""
        return self.prometheus - self.hushed


TOUR: Mapping[str, Rings] = {
    "worker-stopped": Rings(
        "the document worker is stopped, and a document is uploaded",
        prometheus=frozenset({"tasks document", "backlog document_queue"}),
        cloudwatch=frozenset({"document-tasks"}),
    ),
    "poison": Rings(
        "a message that is no task is put into a queue",
        prometheus=frozenset({"dead-letters document_queue"}),
        cloudwatch=frozenset({"document-queue-dead-letters"}),
    ),
    "disk-full": Rings(
        "Qdrant's volume is filled to its quota, and a document is uploaded",
        prometheus=frozenset({"dead-letters indexing_queue"}),
        cloudwatch=frozenset({"indexing-queue-dead-letters", "vector-disk"}),
    ),
    "database-stopped": Rings(
        "PostgreSQL is stopped",
        prometheus=frozenset({"database-down"}),
        cloudwatch=frozenset({"database-down"}),
        # ECS throws out tasks whose targets are not ready, and waits ever longer before it starts others
        lasting=frozenset({"api-tasks", "notification-tasks"}),
    ),
    "relay-held-up": Rings(
        "the relay runs and publishes nothing, and a document is uploaded",
        prometheus=frozenset({"outbox-backlog"}),
        cloudwatch=frozenset({"outbox-backlog"}),
    ),
    "vectors-slow": Rings(
        "Qdrant holds each answer back for 0.7 seconds",
        prometheus=frozenset({"vector-latency api"}),
        cloudwatch=frozenset({"vector-latency"}),
    ),
    "slow": Rings(
        "each answer of the API takes three seconds",
        prometheus=frozenset(
            {
                "balancer-slow api",
                "balancer-latency api",
                "latency-budget-fast-burn api",
                "latency-budget-slow-burn api",
            }
        ),
        cloudwatch=frozenset({"serving-badly", "balancer-latency", "api-latency-budget-fast-burn"}),
        hushed=frozenset({"balancer-latency api"}),
    ),
    "errors": Rings(
        "every request to the API fails",
        prometheus=frozenset(
            {
                "balancer-errors api",
                "balancer-errors-rising api",
                "error-budget-fast-burn api",
                "error-budget-burn api",
                "error-budget-slow-burn api",
            }
        ),
        cloudwatch=frozenset(
            {"serving-badly", "balancer-errors-rising", "api-error-budget-fast-burn", "api-error-budget-burn"}
        ),
        hushed=frozenset({"balancer-errors-rising api"}),
    ),
}


def page_table() -> str:
    """The tour as docs/monitoring.md shows it."""
    rows = [
        f"| {rings.what} | {_names(rings.told)}{_also('eclipsed', rings.hushed)} "
        f"| {_names(rings.cloudwatch)}{_also('when it lasts', rings.lasting)} |"
        for rings in TOUR.values()
    ]
    head = ("| fault | Prometheus and Alertmanager | CloudWatch |", "|---|---|---|")
    return "\n".join((*head, *rows))


def _names(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _also(when: str, names: frozenset[str]) -> str:
    return f" (and, {when}, {_names(names)})" if names else ""
