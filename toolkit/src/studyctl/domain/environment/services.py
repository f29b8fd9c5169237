"""What runs: the cluster, the services and the queues they consume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Problem, Spec, refuse
from studyctl.domain.environment.releases import Release
from studyctl.domain.environment.scaling import Scaling

# AWS Fargate: which memory a CPU size accepts, in MiB (first, last, step). 256 CPU units also accept 512.
FARGATE_MEMORY_MIB = {
    256: (512, *range(1024, 2048 + 1, 1024)),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
SECONDS_PER_DAY = 86_400

# Which service consumes which queue. A backlog to scale on exists only for these.
CONSUMED_QUEUES = {
    "notification": "notification_queue",
    "document": "document_queue",
    "indexing": "indexing_queue",
    "quiz": "quiz_queue",
}


# Which services are behind the load balancer: only their traffic can be moved share by share.
BALANCED = frozenset({"api", "notification"})


# Which services are one task at a time: what they do must not be done twice at once.
SINGLE = frozenset({"scheduler"})


class Cluster(Spec):
    """The ECS cluster that the services share."""

    has_container_insights: Annotated[
        bool, Field(description="Collect metrics of each task and service (costs money).")
    ]
    has_exec: Annotated[
        bool,
        Field(description="Allow a shell in a running container (`aws ecs execute-command`); sessions are logged."),
    ]


class Service(Spec):
    """One Fargate service."""

    cpu: Annotated[
        Literal[256, 512, 1024, 2048, 4096, 8192, 16384], Field(description="CPU units of a task: 1024 is one vCPU.")
    ]
    memory_mib: Annotated[
        int,
        Field(ge=512, le=122_880, description="Memory of a task in MiB; each CPU size accepts certain values only."),
    ]
    capacity: Annotated[
        Literal["on_demand", "spot"],
        Field(description="`spot` is cheaper and may be stopped with two minutes' notice; `on_demand` is not."),
    ]
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="Least severity that the service logs.")
    ]
    scaling: Annotated[Scaling, Field(description="How many tasks run and what adds or removes them.")]
    release: Annotated[Release, Field(description="How a new revision comes in and how long it is watched.")] = (
        Release()
    )

    @model_validator(mode="after")
    def _fargate_offers_it(self) -> Service:
        accepted = FARGATE_MEMORY_MIB[self.cpu]
        if self.memory_mib not in accepted:
            nearest = min(accepted, key=lambda memory: abs(memory - self.memory_mib))
            refuse(
                [
                    Problem(
                        ("memory_mib",),
                        f"Fargate has no {self.memory_mib} MiB with cpu {self.cpu}:"
                        f" write {nearest} (from {accepted[0]} to {accepted[-1]})",
                    )
                ]
            )
        return self


class Services(Spec):
    """The services of the platform. The same ones run in every environment; only their sizes differ."""

    api: Annotated[Service, Field(description="The public API, behind the load balancer.")]
    notification: Annotated[Service, Field(description="Pushes notifications, behind the load balancer.")]
    document: Annotated[Service, Field(description="Worker that processes uploaded documents.")]
    indexing: Annotated[Service, Field(description="Worker that fills the vector database.")]
    quiz: Annotated[Service, Field(description="Worker that generates quizzes.")]
    outbox_relay: Annotated[Service, Field(description="Publishes the events of the database's outbox to the queues.")]
    scheduler: Annotated[
        Service,
        Field(description="Hands out work again that got lost, and removes what is too old; one task, never two."),
    ]

    @model_validator(mode="after")
    def _fits_what_each_does(self) -> Services:
        refuse((*self._backlog_problems(), *self._release_problems(), *self._count_problems()))
        return self

    def by_name(self) -> dict[str, Service]:
        """Each service by its name, in the order of the model."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def _backlog_problems(self) -> Iterator[Problem]:
        for name, service in self.by_name().items():
            if service.scaling.backlog_per_task is not None and name not in CONSUMED_QUEUES:
                yield Problem(
                    (name, "scaling", "backlog_per_task"),
                    f"{name} consumes no queue, so it has no backlog: remove the line"
                    f" (consumers: {', '.join(CONSUMED_QUEUES)})",
                )

    def _release_problems(self) -> Iterator[Problem]:
        for name, service in self.by_name().items():
            if service.release.strategy != "rolling" and name not in BALANCED:
                yield Problem(
                    (name, "release", "strategy"),
                    f"{name} is behind no load balancer, so no traffic can be moved: write rolling"
                    f" ({service.release.strategy} is for: {', '.join(sorted(BALANCED))})",
                )

    def _count_problems(self) -> Iterator[Problem]:
        for name, service in self.by_name().items():
            if name in SINGLE and (service.scaling.max > 1 or service.scaling.schedules):
                key = "max" if service.scaling.max > 1 else "schedules"
                advice = "write 1" if key == "max" else "remove them"
                yield Problem((name, "scaling", key), f"{name} is one task, never two, and never none: {advice}")


class Queue(Spec):
    """How a queue holds and repeats messages."""

    consumer_timeout_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=7_200,
            description="How long a consumer may work on one message; the visibility timeout is derived from it.",
        ),
    ]
    max_receive_count: Annotated[
        int,
        Field(
            ge=2,
            le=1_000,
            description="Attempts before a message goes to the dead-letter queue; 2 or more, as one may just be slow.",
        ),
    ]
    retention_days: Annotated[int, Field(ge=1, le=14, description="How long an unread message is kept.")]

    @model_validator(mode="after")
    def _attempts_fit_into_the_retention(self) -> Queue:
        attempts_seconds = self.consumer_timeout_seconds * self.max_receive_count
        if attempts_seconds >= self.retention_days * SECONDS_PER_DAY:
            refuse(
                [
                    Problem(
                        ("retention_days",),
                        f"{self.max_receive_count} attempts of {self.consumer_timeout_seconds} s outlast"
                        f" {self.retention_days} d, so messages would vanish instead of reaching the dead-letter queue:"
                        " raise retention_days or lower max_receive_count",
                    )
                ]
            )
        return self


class Queues(Spec):
    """The queues of the platform. Each has a dead-letter queue."""

    document_queue: Annotated[Queue, Field(description="Documents to process.")]
    indexing_queue: Annotated[Queue, Field(description="Texts to index.")]
    quiz_queue: Annotated[Queue, Field(description="Quizzes to generate.")]
    notification_queue: Annotated[Queue, Field(description="Notifications to send.")]
