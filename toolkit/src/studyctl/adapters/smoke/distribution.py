"""The CDN: deployed, answering, with its own error page, and the balancer behind it answers nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.smoke.asking import Wrong, result_of, skipped
from studyctl.adapters.smoke.web import Broken, Door, Unreached, ask
from studyctl.domain.smoke.report import ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject

_KIND = ProbeKind.CDN
ABSENT_PATH = "/api/_smoke/there-is-no-such-page"
DIRECT_SECONDS = 5.0
_OK, _NOT_FOUND, _REFUSED = 200, 404, 403


@dataclass(frozen=True)
class DistributionProbe:
    """Asks CloudFront, and the distribution itself. Without a door nothing answers under its name here, and why."""

    cloudfront: Any
    door: Door | None
    origin: Door | None
    no_door_because: str = ""

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return frozenset({_KIND})

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """Results for the distribution and for what it answers; none where an environment has no CDN."""
        del wanted
        distribution = subject.platform["distribution"]
        if distribution is None:
            yield skipped(_KIND, "distribution", "this environment has none")
            return
        yield result_of(_KIND, "distribution", lambda: self._deployed(distribution["id"]))
        door, origin = self.door, self.origin
        if door is None or origin is None:
            yield skipped(_KIND, "answers", self.no_door_because)
            return
        yield result_of(_KIND, "answers", lambda: _answers(door, deadline_seconds))
        yield result_of(_KIND, "error page", lambda: _error_page(door, deadline_seconds))
        yield result_of(_KIND, "origin", lambda: _origin_is_closed(origin))

    def _deployed(self, identifier: str) -> str:
        with asking(f"describe the distribution {identifier}"):
            found = self.cloudfront.get_distribution(Id=identifier)["Distribution"]
        if found["Status"] != "Deployed" or not found["DistributionConfig"]["Enabled"]:
            raise Wrong(f"it is {found['Status']}")
        return "deployed and enabled"


def _answers(door: Door, timeout_seconds: float) -> str:
    status = ask(door, "/", timeout_seconds=timeout_seconds).status
    if status != _OK:
        raise Wrong(f"{door.url}/ answers {status}")
    return f"{door.url}/ answers {status}"


def _error_page(door: Door, timeout_seconds: float) -> str:
    answer = ask(door, ABSENT_PATH, timeout_seconds=timeout_seconds)
    if answer.status != _NOT_FOUND or not answer.body:
        raise Wrong(f"what does not exist is answered {answer.status} with {len(answer.body)} bytes")
    return "what does not exist has a page that says so"


def _origin_is_closed(origin: Door) -> str:
    """Being refused is what is wanted here, in whichever way."""
    try:
        status = ask(origin, "/health", timeout_seconds=DIRECT_SECONDS).status
    except (Unreached, Broken):
        return "the balancer behind it is not reached directly"
    if status != _REFUSED:
        raise Wrong(f"the balancer behind it answers {status} to those who go past the CDN and its firewall")
    return "the balancer behind it refuses those who go past the CDN"
