"""What plan rules judge: the graph of a plan, with helpers that say what belongs to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.graph import PolicyGraph
from studyctl.domain.policy.graph.references import References
from studyctl.domain.policy.graph.resources import Plan, PlannedResource, mapping
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.rule import Offence, Rule

_SECURITY_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/{}-controls.html#{}"
Judge = Callable[["PlanSubject"], Iterable[Offence]]


@dataclass(frozen=True)
class PlanSubject:
    """A plan. What the composition calls `environment` says whether its data may be lost."""

    graph: PolicyGraph

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.graph.plan

    @property
    def where(self) -> str:
        """Return what stands for the plan as a whole."""
        return "plan"

    @property
    def is_disposable(self) -> bool:
        """Whether the environment may be destroyed, so that what protects it costs more than it is worth.

        An account is as its environments are: what none of them keeps a copy of needs none.
        """
        residents = mapping(self.plan.variable("environments"))
        if residents:
            return not any(mapping(one).get("has_copies") for one in residents.values())
        return mapping(self.plan.variable("environment")).get("can_be_destroyed") is True

    @property
    def environment(self) -> str:
        """Return the environment's name; empty where the plan does not say it."""
        return str(mapping(self.plan.variable("environment")).get("name") or "")

    def of(self, *types: str) -> tuple[PlannedResource, ...]:
        """Return the managed resources of some types."""
        return self.plan.of(*types)

    def refers(self, resource: PlannedResource, attribute: str) -> frozenset[str]:
        """Return the addresses of the resources that an attribute of a resource refers to in the code."""
        expression = resource.expressions.get(attribute)
        if expression is None:
            return frozenset()
        return frozenset(one.address for one in self._references.of(resource, expression).resources)

    def companions(self, attribute: str, *types: str) -> frozenset[str]:
        """Return what resources of some types stand beside: that which their attribute refers to."""
        return frozenset(address for one in self.of(*types) for address in self.refers(one, attribute))

    @cached_property
    def _references(self) -> References:
        return References(self.plan)


def at(resource: PlannedResource, message: str) -> Offence:
    """Return an offence at a resource."""
    return Offence(message, resource.position, resource.address)


def nowhere(subject: PlanSubject, message: str) -> Offence:
    """Return an offence of the plan as a whole: something is missing."""
    return Offence(message, Position(subject.where))


def control(
    id_: str,
    name: str,
    judge: Judge,
    *,
    summary: str,
    fix: str,
    fsbp: str = "",
    source: str = "",
    severity: Severity = Severity.MEDIUM,
    is_for_protected: bool = False,
) -> Rule[PlanSubject]:
    """Return the rule of a security control.

    `fsbp` is its id in AWS Foundational Security Best Practices. With `is_for_protected` it is asked only of
    environments that may not be destroyed.
    """
    service = fsbp.partition(".")[0].lower()
    return Rule(
        id=id_,
        name=name,
        severity=severity,
        summary=f"{summary}{f' ({fsbp})' if fsbp else ''}{', where nothing may be lost' if is_for_protected else ''}",
        source=source or _SECURITY_HUB.format(service, fsbp.lower().replace(".", "-")),
        fix=fix,
        judge=_of_protected(judge) if is_for_protected else judge,
    )


def _of_protected(judge: Judge) -> Judge:
    def judged(subject: PlanSubject) -> Iterator[Offence]:
        if not subject.is_disposable:
            yield from judge(subject)

    return judged
