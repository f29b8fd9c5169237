"""Gather what one page tells of an environment: what is there, how it is, and what a plan says. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from studyctl.domain.answer import Answer, Known, NotKnown, answer_of
from studyctl.domain.guard import Verdict, check_plan
from studyctl.domain.plan import PlanSummary, summarise
from studyctl.domain.topology import Topology, topology_of
from studyctl.errors import UsageError
from studyctl.usecases.cost import PricedPlan
from studyctl.usecases.lint import Report as PolicyReport
from studyctl.usecases.live import LiveView
from studyctl.usecases.status import Status

Document = Mapping[str, Any]
RESOURCE_CHANGES = "resource_changes"
T = TypeVar("T")


@dataclass(frozen=True)
class Judges:
    """What tells more of a plan's document than it says itself."""

    policy: Callable[[Document], PolicyReport]
    price: Callable[[Document], PricedPlan]


@dataclass(frozen=True)
class PlanTold:
    """What a plan changes, and whether a guard would let it."""

    summary: PlanSummary
    verdict: Verdict


@dataclass(frozen=True)
class EnvironmentReport:
    """Everything the page shows. What is not known says why."""

    environment: str
    status: Answer[Status]
    live: LiveView
    topology: Answer[Topology]
    plan: Answer[PlanTold]
    policy: Answer[PolicyReport]
    cost: Answer[PricedPlan]


def not_planned(environment: str) -> NotKnown:
    """Why a page without a plan has no picture, findings or cost."""
    return NotKnown(
        "Not asked: no plan was given, and a report makes none by itself.",
        f"studyctl report {environment} --new-plan, or --plan FILE",
        was_asked=False,
    )


def gather(
    environment: str, *, status: Answer[Status], live: LiveView, document: Answer[Document], judges: Judges
) -> EnvironmentReport:
    """Put the page's content together. `document` is terraform's JSON of a plan, whoever made it."""

    def told(document: Document) -> PlanTold:
        if RESOURCE_CHANGES not in document:
            raise UsageError(
                "This plan's JSON lists no changes, not even resources that stay as they are.",
                why="It was cut down, so nobody can say what it would change.",
                hint=f"studyctl plan {environment} --out FILE",
            )
        summary = summarise(document)
        return PlanTold(summary, check_plan(summary))

    return EnvironmentReport(
        environment=environment,
        status=status,
        live=live,
        topology=_of(document, lambda found: topology_of(found, environment)),
        plan=_of(document, told),
        policy=_of(document, judges.policy),
        cost=_of(document, judges.price),
    )


def _of(document: Answer[Document], read: Callable[[Document], T]) -> Answer[T]:
    if isinstance(document, Known):
        found = document.value
        return answer_of(lambda: read(found))
    return document
