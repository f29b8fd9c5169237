"""All probes of one environment, and the doors through which they reach it from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from studyctl.adapters.aws.ecs import EcsServices
from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.smoke.balancer import BalancerProbe
from studyctl.adapters.smoke.buckets import BucketsProbe
from studyctl.adapters.smoke.distribution import DistributionProbe
from studyctl.adapters.smoke.inside import InsideProbe
from studyctl.adapters.smoke.queues import QueuesProbe
from studyctl.adapters.smoke.services import ServicesProbe
from studyctl.adapters.smoke.web import Door
from studyctl.domain.release.place import Place
from studyctl.domain.smoke.report import ProbeKind, SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.usecases.smoke import LONGEST_SECONDS, Probe, smoke

HTTPS = 443


@dataclass(frozen=True)
class Doors:
    """How the platform is reached. `front` is what users reach; `cdn` and `origin` only where there is a CDN."""

    front: Door
    cdn: Door | None = None
    origin: Door | None = None
    no_cdn_because: str = ""

    @classmethod
    def of_account(cls, place: Place, cdn_domain: str | None) -> Doors:
        """In a real account: the balancer under the platform's name, or the CDN before it."""
        host = urlsplit(place.url).hostname or place.url
        balancer = Door(host, place.balancer_dns_name, HTTPS)
        if cdn_domain is None:
            return cls(front=balancer)
        cdn = Door(host, cdn_domain, HTTPS)
        return cls(front=cdn, cdn=cdn, origin=balancer)

    @classmethod
    def of_emulator(cls, place: Place, local: tuple[str, int] | None) -> Doors:
        """On the emulator: the local balancer, once it runs; no CDN serves there."""
        address, port = local or (place.balancer_dns_name, HTTPS)
        host = urlsplit(place.url).hostname or place.url
        return cls(
            front=Door(host, address, port, is_tls=local is None),
            no_cdn_because="the emulator keeps distributions, it does not serve them",
        )


@dataclass(frozen=True)
class AccountProber:
    """Tests one environment. `wanted` and the deadline hold for each run."""

    session: AwsSession
    services: EcsServices
    doors: Doors
    deadline_seconds: float = LONGEST_SECONDS
    wanted: frozenset[ProbeKind] = frozenset(ProbeKind)

    @property
    def probes(self) -> Sequence[Probe]:
        """One a kind."""
        front = self.doors.front
        local_url = f"http://{front.address}:{front.port}"
        return (
            BalancerProbe(self.session.client("elbv2"), front),
            ServicesProbe(self.services),
            QueuesProbe(self.session.client("sqs")),
            BucketsProbe(self.session.client("s3")),
            DistributionProbe(
                self.session.client("cloudfront"), self.doors.cdn, self.doors.origin, self.doors.no_cdn_because
            ),
            InsideProbe(self.services, front.url if front.is_tls else local_url),
        )

    def probe(self, subject: Subject) -> SmokeReport:
        """Test it."""
        return smoke(subject, self.probes, wanted=self.wanted, deadline_seconds=self.deadline_seconds)
