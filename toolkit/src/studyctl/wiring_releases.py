"""Chooses the implementations for releases of one environment; nothing else does."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import studyctl
from studyctl.adapters.aws.monitors import MINUTE_SECONDS
from studyctl.adapters.aws.releases import AwsReleases, ledger_of, lock_of
from studyctl.adapters.clock import SystemClock
from studyctl.adapters.git import describe_actor, describe_commit
from studyctl.adapters.local.process_table import ProcessIdentity, identify, is_alive
from studyctl.adapters.smoke.prober import AccountProber, Doors
from studyctl.domain.release.images import Image, ImageReference
from studyctl.domain.release.place import Place
from studyctl.domain.release.release_lock import ReleaseLock
from studyctl.domain.release.rules import minimum_counts_of, strategies_of
from studyctl.domain.smoke.report import ProbeKind
from studyctl.errors import PreflightFailed, UsageError
from studyctl.usecases.carry_out import Actor
from studyctl.usecases.copy_image import Copied, copy_image
from studyctl.usecases.deploy import PLATFORM_OUTPUT
from studyctl.usecases.live import Running
from studyctl.usecases.release import Origin, Rules
from studyctl.usecases.release_lock import Holding
from studyctl.usecases.release_ports import Ports, ReleaseNarrator
from studyctl.usecases.release_steps import Work
from studyctl.wiring import Site, emulator_folder

if TYPE_CHECKING:
    from studyctl.adapters.aws.release_ledger import ReleaseLedger
    from studyctl.adapters.aws.release_lock_store import ReleaseLockStore

AWS_POLL_SECONDS = 3.0
EMULATOR_POLL_SECONDS = 0.25
HTTPS = 443


def ledger_for(site: Site) -> ReleaseLedger:
    """The release ledger, which can be read before anything is deployed."""
    return ledger_of(site.session, site.bucket.name, site.environment.name)


def lock_store_for(site: Site) -> ReleaseLockStore:
    """The lock on releases."""
    return lock_of(site.session, site.bucket.name, site.environment.name, is_alive=_is_alive)


def holding_for(site: Site, run_id: str, what: str) -> Holding:
    """The lock on releases, to be held by this command."""
    clock = SystemClock()
    now = clock.now()
    lock = ReleaseLock(
        lock_id=run_id,
        who=describe_actor(os.environ),
        what=what,
        since=now,
        beat_at=now,
        machine=socket.gethostname(),
        process=_this_process(),
    )
    return Holding(lock_store_for(site), lock, site.environment.name, now=clock.now)


def running_for(site: Site) -> Running:
    """What can be asked of an environment at any moment.

    Raises:
        UsageError: nothing is deployed.
    """
    from studyctl.adapters.aws.queue_depths import QueueDepths  # noqa: PLC0415  only where queues are looked at

    opened = open_releases(site)
    aws = opened.aws
    return Running(opened.place, opened.platform, aws.services, aws.monitors, QueueDepths(site.session.client("sqs")))


def open_releases(site: Site) -> ReleaseSite:
    """What releases need of an environment that is deployed.

    Raises:
        UsageError: nothing is deployed.
    """
    platform = site.bucket.state_outputs().get(PLATFORM_OUTPUT)
    if platform is None:
        name = site.environment.name
        raise UsageError(
            f"{name} is not deployed, so there is nothing to release into", hint=f"Deploy it: studyctl deploy {name}"
        )
    return ReleaseSite(site, platform)


@dataclass(frozen=True)
class ReleaseSite:
    """One deployed environment, as releases see it."""

    site: Site
    platform: Mapping[str, Any]

    @cached_property
    def place(self) -> Place:
        """Names and addresses."""
        return Place.of(self.platform, self.site.environment.name)

    @cached_property
    def aws(self) -> AwsReleases:
        """The account."""
        return AwsReleases(
            self.site.session,
            self.site.bucket.name,
            self.site.environment.name,
            self.place,
            metrics_period_seconds=max(1, round(MINUTE_SECONDS / self._seconds_a_second)),
        )

    def prober(self, wanted: frozenset[ProbeKind] = frozenset(ProbeKind)) -> AccountProber:
        """The smoke test."""
        return AccountProber(self.site.session, self.aws.services, self._doors, wanted=wanted)

    def work(self, holding: Holding, narrator: ReleaseNarrator) -> Work:
        """Everything that carrying a release out needs."""
        ports = Ports(
            ledger=self.aws.ledger,
            services=self.aws.services,
            traffic=self.aws.traffic,
            images=self.aws.registry,
            monitors=self.aws.monitors,
            references=self.aws.references,
            signatures=self.aws.signatures,
            prober=_FreshProber(self),
            narrator=narrator,
            clock=SystemClock(),
            holding=holding,
            poll_seconds=AWS_POLL_SECONDS if self.site.connection.is_real else EMULATOR_POLL_SECONDS,
        )
        return Work(ports, self.site.environment.name, self.place, self.platform)

    def rules(self) -> Rules:
        """What the environment's file says. On the emulator waits pass as fast as the minutes of its alarms."""
        environment = self.site.environment
        return Rules(
            strategies=strategies_of(environment, seconds_a_second=self._seconds_a_second),
            minimum_counts=minimum_counts_of(environment),
            signing_key=environment.image_signing_key,
        )

    def origin(self) -> Origin:
        """The commit of this checkout and the infrastructure that is there."""
        state = self.site.bucket.state_version()
        return Origin(
            commit=describe_commit(self.site.repository),
            state_serial=state.serial if state else None,
            state_version_id=state.version_id if state else None,
        )

    def actor(self, run_id: str) -> Actor:
        """Who is at the keyboard."""
        return Actor(run_id=run_id, name=describe_actor(os.environ), toolkit_version=studyctl.__version__)

    def default_image(self) -> ImageReference | None:
        """What is released when nobody names an image: on the emulator the services of this checkout, else nothing."""
        if self.site.connection.is_real:
            return None
        from studyctl.adapters.local_build import push_services  # noqa: PLC0415  only where there is an emulator

        folder = emulator_folder(self.site.repository)
        return ImageReference(digest=push_services(folder, self.site.session.client("ecr"), self.place.registry_url))

    def build_if_absent(self, reference: ImageReference) -> bool:
        """On the emulator, a tag that nobody pushed becomes one of the services of this checkout; whether it did."""
        if self.site.connection.is_real or reference.tag is None or reference.repository is not None:
            return False
        if self.aws.registry.digest_of(self.place.registry_url, tag=reference.tag) is not None:
            return False
        from studyctl.adapters.local_build import push_services  # noqa: PLC0415  as above

        folder, ecr = emulator_folder(self.site.repository), self.site.session.client("ecr")
        push_services(folder, ecr, self.place.registry_url, tags=[reference.tag])
        return True

    def bring(self, image: Image, elsewhere: Site) -> Copied:
        """Put an image that another environment runs into this one's registry, with the credentials of both.

        Raises:
            PreflightFailed, NoAnswer: the image is gone, or one of the registries refuses.
        """
        if not self.site.connection.is_real:
            self.make_available(image.digest)
            return Copied()
        from studyctl.adapters.aws.registry import parts_of  # noqa: PLC0415  only where something is copied
        from studyctl.adapters.aws.repository import EcrRepository  # noqa: PLC0415  as above

        region = parts_of(image.repository)["region"]
        source = EcrRepository(elsewhere.session.client("ecr", region=region), image.repository)
        return copy_image(image, source, EcrRepository(self.site.session.client("ecr"), self.place.registry_url))

    def has(self, image: Image) -> bool:
        """Whether this environment's registry has an image of another one."""
        return self.aws.registry.digest_of(self.place.registry_url, digest=image.digest) is not None

    def require_there(self, image: Image, source: str) -> None:
        """Stop unless this environment's registry has an image; for what must not send anything.

        Raises:
            PreflightFailed: it has to be copied first.
        """
        if not self.has(image):
            name = self.site.environment.name
            raise PreflightFailed(
                f"{image.short} of {source} is not in the registry of {name} yet",
                why="A dry run sends nothing, and nobody can say what a release of an absent image would do.",
                hint=f"The promotion itself copies it first: studyctl promote {source} {name}",
            )

    def make_available(self, digest: str) -> None:
        """On the emulator, put a build that another environment runs into this one's registry."""
        if self.site.connection.is_real:
            return
        from studyctl.adapters.local_build import push_known  # noqa: PLC0415  as above

        folder = emulator_folder(self.site.repository)
        push_known(digest, folder, self.site.session.client("ecr"), self.place.registry_url)

    @property
    def _seconds_a_second(self) -> float:
        if self.site.connection.is_real:
            return 1.0
        from studyctl.adapters.emulator.ecs_agent.pace import pace_of  # noqa: PLC0415  as above

        return 1.0 / pace_of().metric_seconds(1.0)

    @property
    def _doors(self) -> Doors:
        if self.site.connection.is_real:
            distribution = self.platform["distribution"]
            return Doors.of_account(self.place, distribution["domain_name"] if distribution else None)
        from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses  # noqa: PLC0415  as above

        found = read_addresses(emulator_folder(self.site.repository)).find(self.place.balancer_dns_name, HTTPS)
        return Doors.of_emulator(self.place, (found.local_host, found.local_port) if found else None)


@dataclass(frozen=True)
class _FreshProber:
    """Looks anew where things are for each test: the emulator's balancer starts with the first target behind it."""

    releases: ReleaseSite

    def probe(self, subject: Any) -> Any:
        return self.releases.prober().probe(subject)


def _this_process() -> str:
    found = identify(os.getpid())
    return f"{found.pid} {found.born}" if found else ""


def _is_alive(process: str) -> bool:
    pid, _, born = process.partition(" ")
    return is_alive(ProcessIdentity(int(pid), born)) if pid.isdigit() else True
