"""What is collected beside CloudWatch: the collector of each task, and who takes what it sends. All is optional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Matches, Problem, Spec, refuse, repeated

GroupId = Annotated[
    str,
    Matches(
        r"([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "the id of a group of IAM Identity Center, such as 01234567-89ab-cdef-0123-456789abcdef",
    ),
]


class Collector(Spec):
    """The OpenTelemetry collector beside each task, a container of AWS's distribution."""

    memory_mib: Annotated[
        int, Field(ge=64, le=4_096, description="Memory that it takes of each task's, in MiB; at most half of it.")
    ] = 256
    cpu: Annotated[
        int, Field(ge=0, le=4_096, description="CPU units that it takes of each task's; at most half of them.")
    ] = 64
    has_traces: Annotated[
        bool,
        Field(description="Take OTLP traces of its task and send them to X-Ray (and to exporters that take them)."),
    ] = True
    trace_percent: Annotated[
        int, Field(ge=0, le=100, description="How many of a hundred traces services keep and send; each is charged.")
    ] = 10


class ManagedPrometheus(Spec):
    """An Amazon Managed Service for Prometheus workspace with the rules and routes of monitoring/."""

    retention_days: Annotated[int, Field(ge=1, le=1_095, description="Days that it keeps metrics.")] = 150


class ManagedGrafana(Spec):
    """An Amazon Managed Grafana workspace, entered through IAM Identity Center."""

    admin_group_ids: Annotated[
        tuple[GroupId, ...],
        Field(
            min_length=1,
            description="Groups of IAM Identity Center that administer it.",
            examples=[["01234567-89ab-cdef-0123-456789abcdef"]],
        ),
    ]
    viewer_group_ids: Annotated[tuple[GroupId, ...], Field(description="Groups that look at it.")] = ()

    @model_validator(mode="after")
    def _each_group_has_one_role(self) -> ManagedGrafana:
        refuse(
            (
                *repeated(self.admin_group_ids, "admin_group_ids"),
                *repeated(self.viewer_group_ids, "viewer_group_ids"),
                *(
                    Problem(("viewer_group_ids", index), f"{group} administers it already: remove it here")
                    for index, group in enumerate(self.viewer_group_ids)
                    if group in self.admin_group_ids
                ),
            )
        )
        return self


class Sentry(Spec):
    """Traces to a project of Sentry. The public key of its DSN goes into the secret NAME/sentry-key."""

    endpoint: Annotated[
        str,
        Field(
            max_length=200,
            description="The project's OTLP address, without /v1/traces.",
            examples=["https://o1.ingest.sentry.io/api/2/integration/otlp"],
        ),
        Matches(
            r"https://[a-z0-9.-]+/api/[0-9]+/integration/otlp",
            "the OTLP address of a project, such as https://o1.ingest.sentry.io/api/2/integration/otlp",
        ),
    ]


class NewRelic(Spec):
    """Metrics and traces to New Relic. Its ingest license key goes into the secret NAME/new-relic-key."""

    region: Annotated[Literal["us", "eu"], Field(description="Where the account is.")] = "us"


class Datadog(Spec):
    """Metrics to Datadog. Its API key goes into the secret NAME/datadog-key."""

    site: Annotated[
        Literal[
            "datadoghq.com",
            "us3.datadoghq.com",
            "us5.datadoghq.com",
            "datadoghq.eu",
            "ap1.datadoghq.com",
            "ap2.datadoghq.com",
        ],
        Field(description="Datadog's site of the organisation."),
    ] = "datadoghq.com"


class Exporters(Spec):
    """To whom the collector also sends. Keys are put into the secrets by hand: no file, plan or state holds them."""

    sentry: Annotated[Sentry | None, Field(description="Traces to Sentry; null: none.")] = None
    new_relic: Annotated[NewRelic | None, Field(description="Metrics and traces to New Relic; null: none.")] = None
    datadog: Annotated[Datadog | None, Field(description="Metrics to Datadog; null: none.")] = None

    def chosen(self) -> dict[str, Spec]:
        """Those that are on, by name."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


TAKE_METRICS = frozenset({"new_relic", "datadog"})


class Telemetry(Spec):
    """What is collected beside CloudWatch, and where it goes. Nothing by default."""

    collector: Annotated[
        Collector | None, Field(description="The OpenTelemetry collector beside each task; null: none.")
    ] = None
    managed_prometheus: Annotated[
        ManagedPrometheus | None, Field(description="Amazon Managed Prometheus, with rules and routes; null: none.")
    ] = None
    managed_grafana: Annotated[
        ManagedGrafana | None, Field(description="Amazon Managed Grafana; null: none. The emulator has none.")
    ] = None
    exporters: Annotated[Exporters, Field(description="To whom the collector also sends.")] = Exporters()

    @model_validator(mode="after")
    def _somebody_sends_and_somebody_takes(self) -> Telemetry:
        refuse(self._loose_ends())
        return self

    def size_problems(self, sizes: Mapping[str, tuple[int, int]]) -> Iterator[Problem]:
        """Services, by name with their CPU and memory, that the collector would leave too little of."""
        if self.collector is None:
            return
        for name, (cpu, memory_mib) in sizes.items():
            if self.collector.memory_mib * 2 > memory_mib:
                yield Problem(
                    ("collector", "memory_mib"),
                    f"is more than half of the {memory_mib} MiB of services.{name}:"
                    f" write {memory_mib // 2} or less, or raise services.{name}.memory_mib",
                )
            if self.collector.cpu * 2 > cpu:
                yield Problem(
                    ("collector", "cpu"),
                    f"is more than half of the {cpu} units of services.{name}:"
                    f" write {cpu // 2} or less, or raise services.{name}.cpu",
                )

    def _loose_ends(self) -> Iterator[Problem]:
        if self.collector is None:
            senders: list[tuple[str, ...]] = [("exporters", name) for name in self.exporters.chosen()]
            if self.managed_prometheus is not None:
                senders.append(("managed_prometheus",))
            for path in senders:
                yield Problem(path, "nobody sends to it: add telemetry.collector: {}, or write null here")
            return
        if self.collector.has_traces:
            return
        if "sentry" in self.exporters.chosen():
            yield Problem(
                ("exporters", "sentry"), "it takes traces only: write collector.has_traces: true, or null here"
            )
        if self.managed_prometheus is None and not TAKE_METRICS & set(self.exporters.chosen()):
            yield Problem(
                ("collector",),
                "it would collect for nobody: add managed_prometheus: {}, write has_traces: true, or null here",
            )
