"""An environment on a running emulator, made through boto3 in a second: what infra/platform makes, as far as releases
and smoke tests care. Images are builds of one tiny program; what they do wrong is part of the image."""

from __future__ import annotations

import json
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.emulator.ecs_agent.load import Load
from tests.support.platform import ACCOUNT, REGION
from tests.support.releases.account import HTTPS, AccountBuilder
from tests.support.releases.commands import Told
from tests.support.until import until

from studyctl.adapters.aws.releases import AwsReleases, ledger_of, lock_of
from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.clock import SystemClock
from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.images import ImageStore, LocalImage, digest_of_folder, push
from studyctl.adapters.local.process_table import ProcessIdentity, is_alive
from studyctl.adapters.smoke.prober import AccountProber, Doors
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.place import Place
from studyctl.domain.release.release_lock import ReleaseLock
from studyctl.domain.release.strategy import Strategy
from studyctl.domain.smoke.report import SmokeReport
from studyctl.domain.smoke.subject import Subject
from studyctl.domain.target import Connection, TargetKind
from studyctl.usecases.carry_out import Actor
from studyctl.usecases.release import Origin, ReleaseOutcome, ReleaseRequest, Rules, release, resume_release
from studyctl.usecases.release_lock import Holding
from studyctl.usecases.release_ports import Ports
from studyctl.usecases.release_steps import Work
from studyctl.usecases.rollback import RollbackOutcome, RollbackRequest, rollback

PROGRAMS = Path(__file__).parent / "programs"
BAKE = Strategy(bake_seconds=1.0, hold_seconds=4.0, stage_seconds=2.0, timeout_seconds=60, control_seconds=10)
POLL_SECONDS = 0.2
_T = TypeVar("_T")


@dataclass
class Stage:
    """One environment. Everything that a command needs can be written down (`facts`) and read by another process."""

    url: str
    state_dir: Path
    name: str = field(default_factory=lambda: f"s-{uuid.uuid4().hex[:8]}")
    platform: dict[str, Any] = field(default_factory=dict)
    strategies: dict[str, Strategy] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    smoke_seconds: float = 60.0
    process: str = ""
    """Who this process says it is in a lock; empty: nobody can tell whether it lives."""

    def __post_init__(self) -> None:
        connection = Connection(
            kind=TargetKind.EMULATOR,
            account_id=ACCOUNT,
            region=REGION,
            variables={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
            endpoint_url=self.url,
        )
        self.session = AwsSession(connection)
        self.client: Callable[[str], Any] = self.session.client
        if not self.platform:
            self.client("s3").create_bucket(Bucket=self.bucket)
            self.platform = AccountBuilder(self.client, self.name).build()
        self.place = Place.of(self.platform)
        self.aws = AwsReleases(self.session, self.bucket, "dev", self.place, metrics_period_seconds=1)

    @property
    def bucket(self) -> str:
        """Where ledger and lock lie."""
        return f"{self.name}-state"

    @property
    def facts(self) -> str:
        """All of it, for another process."""
        return json.dumps(
            {"url": self.url, "state_dir": str(self.state_dir), "name": self.name, "platform": self.platform}
        )

    @classmethod
    def from_facts(cls, text: str) -> Stage:
        """The same environment in another process."""
        facts = json.loads(text)
        return cls(facts["url"], Path(facts["state_dir"]), facts["name"], facts["platform"])

    # --- what happens to it --------------------------------------------------------------------------------

    def image(self, version: str, behaviour: str = "good", **environment: str) -> ImageReference:
        """Push a build; `version` makes it another image than all others."""
        build = LocalImage(
            entry_point=(sys.executable, "app.py"),
            working_directory=PROGRAMS,
            content=digest_of_folder(PROGRAMS),
            environment={"BUILD": version, "BEHAVIOUR": behaviour, "PYTHONUNBUFFERED": "1", **environment},
            description=f"{version} {behaviour}",
        )
        tag = f"{version}-{build.digest[7:19]}"
        digest = push(
            build, store=ImageStore(self.state_dir), ecr=self.client("ecr"), repository=self._repository, tags=[tag]
        )
        return ImageReference(digest=digest)

    def release(self, image: ImageReference | None = None, **fields: Any) -> ReleaseOutcome:
        """Release an image everywhere."""
        request = ReleaseRequest(**{"tag": image, **fields})
        return self._run("release", lambda work, actor: release(request, work, self.rules, Origin("c0ffee"), actor))

    def rollback(self, **fields: Any) -> RollbackOutcome:
        """Go back."""
        request = RollbackRequest(**fields)
        return self._run("rollback", lambda work, actor: rollback(request, work, Origin("c0ffee"), actor))

    def resume(self) -> LedgerEntry | None:
        """Finish what a dead command left."""
        return self._run("release", resume_release)

    def smoke(self) -> SmokeReport:
        """Test what serves."""
        return self.probe(Subject.of(self.place, self.platform, self.entries[-1]))

    def probe(self, subject: Subject) -> SmokeReport:
        """Test, looking anew for the balancer's address."""
        found = read_addresses(self.state_dir).find(self.place.balancer_dns_name, HTTPS)
        doors = Doors.of_emulator(self.place, (found.local_host, found.local_port) if found else None)
        return AccountProber(self.session, self.aws.services, doors, deadline_seconds=self.smoke_seconds).probe(subject)

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The ledger, oldest first."""
        return tuple(reversed(ledger_of(self.session, self.bucket, "dev").entries()))

    @property
    def rules(self) -> Rules:
        """As the environment's file would say."""
        return Rules(
            strategies={key: self.strategies.get(key, BAKE) for key in self.place.services},
            minimum_counts=dict.fromkeys(self.place.services, 1),
        )

    def serving(self) -> dict[str, str]:
        """The image of the revision that serves, by service."""
        names = {key: place.name for key, place in self.place.services.items()}
        seen = self.aws.services.see(list(names.values()))
        arns = {key: seen[name].primary.definition_arn for key, name in names.items()}  # type: ignore[union-attr]
        return {key: self.aws.services.definition(arn)["containerDefinitions"][0]["image"] for key, arn in arns.items()}

    def forget_build(self, image: str) -> None:
        """Lose an image so that no task of it can be started any more."""
        digest = image.rpartition("@")[2]
        self.client("ecr").batch_delete_image(repositoryName=self._repository, imageIds=[{"imageDigest": digest}])

    def set_alarm(self, state: str, name: str = "") -> None:
        """Let an alarm of the environment change."""
        self.client("cloudwatch").set_alarm_state(
            AlarmName=name or f"{self.name}-dead-letters", StateValue=state, StateReason="a test says so"
        )

    @contextmanager
    def load(self) -> Iterator[Load]:
        """Requests without a pause."""
        address = until(
            lambda: read_addresses(self.state_dir).find(self.place.balancer_dns_name, HTTPS), "the balancer's address"
        )
        assert address is not None
        load = Load(f"http://{address.local_host}:{address.local_port}/api/hello")
        load.start()
        try:
            yield load
        finally:
            load.stop()

    def holding(self, what: str, run_id: str) -> Holding:
        """A lock to hold."""
        store = lock_of(self.session, self.bucket, "dev", is_alive=_is_alive)
        lock = ReleaseLock(
            lock_id=run_id, who=f"somebody {run_id}", what=what, since="now", beat_at="now", **_machine(self.process)
        )
        return Holding(store, lock, "dev", now=SystemClock().now)

    def work(self, holding: Holding) -> Work:
        """Everything that a command needs."""
        aws = AwsReleases(self.session, self.bucket, "dev", self.place, metrics_period_seconds=1)
        ports = Ports(
            ledger=aws.ledger,
            services=aws.services,
            traffic=aws.traffic,
            images=aws.registry,
            monitors=aws.monitors,
            references=aws.references,
            signatures=aws.signatures,
            prober=self,
            narrator=self.told,
            clock=SystemClock(),
            holding=holding,
            poll_seconds=POLL_SECONDS,
        )
        return Work(ports, "dev", self.place, self.platform)

    def close(self) -> None:
        """Remove the services, so that their tasks end."""
        ecs = self.client("ecs")
        names = [name for place in self.place.services.values() for name in (place.name, place.green_name)]
        for name in self.aws.services.see(names):
            ecs.delete_service(cluster=self.name, service=name, force=True)

    @property
    def _repository(self) -> str:
        return f"{self.name}/app"

    def _run(self, what: str, command: Callable[[Work, Actor], _T]) -> _T:
        run_id = uuid.uuid4().hex[:8]
        with self.holding(what, run_id) as holding:
            return command(self.work(holding), Actor(run_id, "somebody"))


def _machine(process: str) -> dict[str, str]:
    return {"machine": socket.gethostname(), "process": process} if process else {}


def _is_alive(process: str) -> bool:
    pid, _, born = process.partition(" ")
    return is_alive(ProcessIdentity(int(pid), born))
