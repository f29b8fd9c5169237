"""What watches and protects: CDN and firewall, logs, alarms, budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Emails, Problem, Spec, refuse, repeated


class Edge(Spec):
    """CloudFront and its firewall."""

    price_class: Annotated[
        Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        Field(description="Where CloudFront serves from: 100 is North America and Europe, All is everywhere."),
    ]
    requests_per_5_minutes: Annotated[
        int,
        Field(
            ge=10, le=2_000_000_000, description="Requests of one address in 5 minutes before the firewall blocks it."
        ),
    ]


class Logs(Spec):
    """How long logs are kept."""

    retention_days: Annotated[
        Literal[
            1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
        ],
        Field(description="Days that CloudWatch keeps logs searchable; CloudWatch offers only these."),
    ]
    has_archive: Annotated[bool, Field(description="Also stream logs to the logs bucket, which keeps them longer.")]


class Alarms(Spec):
    """What is watched and who is told."""

    level: Annotated[
        Literal["basic", "full"],
        Field(description="`basic`: is it up; `full`: saturation, errors, latency and backlog too."),
    ]
    emails: Annotated[
        Emails, Field(description="Addresses that are told of alarms.", examples=[["platform@study-ai.example"]])
    ]
    has_on_call_topic: Annotated[bool, Field(description="Send critical alarms to a topic of their own, for a pager.")]

    @model_validator(mode="after")
    def _nobody_twice(self) -> Alarms:
        refuse(repeated(self.emails, "emails"))
        return self


class Budget(Spec):
    """What the environment may cost."""

    monthly_usd: Annotated[int, Field(ge=1, le=10_000_000, description="Expected cost of a month in US dollars.")]
    alert_percents: Annotated[
        tuple[Annotated[int, Field(ge=1, le=200)], ...],
        Field(
            min_length=1,
            max_length=5,
            description="Percents of the budget at which somebody is told, rising; AWS accepts five.",
            examples=[[80, 100]],
        ),
    ]
    is_enforced: Annotated[
        bool, Field(description="Refuse plans whose estimated month is above the budget; otherwise only warn.")
    ]
    has_anomaly_alert: Annotated[bool, Field(description="Also tell of spending that is unusual for its service.")]

    @model_validator(mode="after")
    def _alerts_rise(self) -> Budget:
        refuse(self._order_problems())
        return self

    def _order_problems(self) -> Iterator[Problem]:
        for index, (before, after) in enumerate(
            zip(self.alert_percents, self.alert_percents[1:], strict=False), start=1
        ):
            if after <= before:
                yield Problem(
                    ("alert_percents", index), f"{after} comes after {before}: list each percent once, rising"
                )
