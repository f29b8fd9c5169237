"""The load balancer: its targets are healthy, it answers, and what answers is the release that must serve."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.aws.traffic import BalancerTraffic
from studyctl.adapters.smoke.asking import Wrong, result_of
from studyctl.adapters.smoke.web import Door, WebAnswer, ask
from studyctl.domain.release.place import ServicePlace
from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject

HEALTH_PATH = "/health"
VERSION_PATH = "/version"
VERSION_HEADER = "X-Release"
VERSION_SERVICE = "api"
"""The service whose rule has the paths above (infra/platform/workloads.tf)."""
ANSWERS_ASKED = 3
"""Several, because several tasks answer and any of them may be an old one."""
_OK = 200
_KIND = ProbeKind.BALANCER


@dataclass(frozen=True)
class BalancerProbe:
    """Asks ELB about targets, and the balancer itself for an answer. `door` says how it is reached from here."""

    elbv2: Any
    door: Door

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return frozenset({_KIND})

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """One result for each balanced service's targets, one for the answer."""
        del wanted
        for place in subject.place.services.values():
            if place.colours is not None:
                yield result_of(_KIND, f"targets of {place.key}", partial(self._targets, place))
        yield result_of(_KIND, "health", lambda: self._health(deadline_seconds))
        yield result_of(_KIND, "version", lambda: self._version(subject, deadline_seconds))

    def _targets(self, place: ServicePlace) -> str:
        assert place.colours is not None  # noqa: S101  only balanced services are asked about
        weights = BalancerTraffic(self.elbv2).weights(place.colours)
        told = []
        for arn, weight in ((place.colours.blue_arn, weights.blue), (place.colours.green_arn, weights.green)):
            if not weight:
                continue
            with asking(f"describe the targets of {place.key}"):
                answer = self.elbv2.describe_target_health(TargetGroupArn=arn)
            told.append(_judged(answer["TargetHealthDescriptions"], place.key))
        return ", ".join(told)

    def _health(self, timeout_seconds: float) -> str:
        answer = _asked(self.door, HEALTH_PATH, timeout_seconds)
        return f"{self.door.url}{HEALTH_PATH} answers {answer.status}"

    def _version(self, subject: Subject, timeout_seconds: float) -> ProbeResult:
        expected, facts = subject.version_of(VERSION_SERVICE), {}
        for _ in range(ANSWERS_ASKED):
            answer = _asked(self.door, VERSION_PATH, timeout_seconds / ANSWERS_ASKED)
            found = answer.header(VERSION_HEADER)
            if expected is not None and found != expected:
                raise Wrong(f"{VERSION_HEADER} is {found or 'not there'}, release {expected} must serve")
            facts = _facts(answer)
        serves = f"release {expected} answers" if expected else "it answers; nothing was released yet"
        return ProbeResult(_KIND, "version", Health.HEALTHY, serves, facts=facts)


def _judged(targets: list[Mapping[str, Any]], key: str) -> str:
    states = [target["TargetHealth"] for target in targets]
    serving = [state for state in states if state["State"] == "healthy"]
    bad = [state for state in states if state["State"] in {"unhealthy", "unavailable", "unused"}]
    if bad:
        raise Wrong(
            f"{len(bad)} of {len(states)} targets of {key} are {bad[0]['State']}: "
            f"{bad[0].get('Description') or bad[0].get('Reason', 'no reason given')}"
        )
    if not serving:
        raise Wrong(f"{key} has no healthy target")
    return f"{len(serving)} healthy"


def _asked(door: Door, path: str, timeout_seconds: float) -> WebAnswer:
    answer = ask(door, path, timeout_seconds=timeout_seconds)
    if answer.status != _OK:
        raise Wrong(f"{door.url}{path} answers {answer.status}")
    return answer


def _facts(answer: WebAnswer) -> dict[str, str]:
    """What the application says of itself, if it says it."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        return {}
    version = told.get("app_version") if isinstance(told, dict) else None
    return {"app_version": version} if isinstance(version, str) else {}
