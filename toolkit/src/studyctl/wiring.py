"""Chooses the implementations for an environment and a target; nothing else does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import studyctl
from studyctl.adapters.specs import SpecFiles
from studyctl.domain.environment import Environment
from studyctl.domain.residents import Resident
from studyctl.domain.run import new_run_id
from studyctl.domain.target import EMULATED_ACCOUNT_ID, Connection, TargetKind
from studyctl.domain.workspace import BOOTSTRAP, Workspace
from studyctl.errors import PreflightFailed, UsageError

if TYPE_CHECKING:
    from studyctl.adapters.aws.inventory import AwsInventory
    from studyctl.adapters.aws.session import AwsSession
    from studyctl.adapters.aws.state_bucket import StateBucket
    from studyctl.adapters.emulator.process import EmulatorEndpoint
    from studyctl.adapters.private_files import PrivateFolder
    from studyctl.adapters.terraform.interrupts import Interrupts
    from studyctl.adapters.terraform.recovery_root import RecoveryRoot
    from studyctl.adapters.terraform.terraform import Terraform
    from studyctl.domain.pipeline_identity import PipelineIdentity
    from studyctl.usecases.bootstrap import Ports as BootstrapPorts
    from studyctl.usecases.deploy import RunIdentity
    from studyctl.usecases.doctor import Examination
    from studyctl.usecases.plan import JudgedPlan, OnEvent
    from studyctl.usecases.render import RenderedFile

BUILD = ".build"


def find_repository(start: Path | None = None) -> Path:
    """The folder that holds `environments` and `infra`, here or above.

    Raises:
        UsageError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "environments").is_dir() and (folder / "infra").is_dir():
            return folder
    raise UsageError(
        f"{here} is not inside a checkout of the platform",
        why="A checkout has the folders environments/ and infra/.",
        hint="Change into it first: cd PATH",
    )


def specs() -> SpecFiles:
    """The environment files of this checkout."""
    return SpecFiles(find_repository())


def emulator_folder(repository: Path) -> Path:
    """Where this checkout's emulator keeps its endpoint, its log and what belongs to one life of it."""
    return repository / BUILD / "emulator"


def start_emulator(repository: Path, *, port: int = 0) -> EmulatorEndpoint:
    """Start this checkout's emulator, or find it running."""
    from studyctl.adapters.emulator import process  # noqa: PLC0415  only where there is an emulator

    return process.start(emulator_folder(repository), port=port)


@dataclass(frozen=True)
class OtherCommit:
    """A commit that is not checked out: its full id, and where its infra/platform was unpacked."""

    id: str
    root: Path


@dataclass(frozen=True)
class Site:
    """One environment on one target, with everything that acts on it. Parts are made when first used."""

    repository: Path
    environment: Environment
    connection: Connection
    interrupts: Interrupts | None = None
    """Receives this process's signals; sites that are worked on at once share one."""
    other_commit: OtherCommit | None = None
    """Whose files are planned, on the way back to it; None: this checkout's."""

    @cached_property
    def workspace(self) -> Workspace:
        """The composition, rendered for this environment."""
        workspace = Workspace.platform(self.environment.name, self.repository)
        return replace(workspace, root=self.other_commit.root) if self.other_commit else workspace

    @property
    def keeps_windows(self) -> bool:
        """Whether the environment's deployment windows and freezes count here."""
        return self.connection.is_real or self.environment.deployments.applies_to_emulator

    @cached_property
    def bootstrap_workspace(self) -> Workspace:
        """The root that prepares the account. On the emulator it lives exactly as long as the emulator's memory."""
        home = (
            emulator_folder(self.repository) / "lives" / self.connection.boot_id
            if self.connection.boot_id
            else self.repository / BUILD / "accounts" / self.connection.account_id
        )
        root = self.repository / "infra" / BOOTSTRAP
        return Workspace(BOOTSTRAP, root, home / self.connection.region / BOOTSTRAP)

    def bootstrap_ports(
        self,
        lint: Callable[[Mapping[str, Any]], object],
        *,
        say: Callable[[str], None] = lambda _: None,
        on_event: OnEvent | None = None,
        confirm: Callable[[JudgedPlan], None] = lambda _: None,
    ) -> BootstrapPorts:
        """What preparing the account needs."""
        from studyctl.adapters.templates import PackagedTemplates  # noqa: PLC0415  jinja2 is slow to import
        from studyctl.adapters.terraform.first_root import FirstRoot  # noqa: PLC0415
        from studyctl.usecases.bootstrap import Ports  # noqa: PLC0415

        return Ports(
            terraform=self.terraform,
            files=self.files,
            templates=PackagedTemplates(),
            first=FirstRoot(self.bootstrap_workspace),
            has_bucket=self.bucket.exists,
            lint=lint,
            say=say,
            on_event=on_event,
            confirm=confirm,
        )

    @cached_property
    def residents(self) -> dict[str, Resident]:
        """Every environment that shares the account and the region; this one is among them, with a file or without."""
        specs = {**self._sharing, self.environment.name: self.environment}
        return {name: Resident.of(spec) for name, spec in specs.items()}

    @cached_property
    def pipeline(self) -> PipelineIdentity | None:
        """Whose jobs may become roles of the account; None where nobody's."""
        from studyctl.adapters.pipeline_file import read_pipeline_identity  # noqa: PLC0415

        # a region where no environment lives has no pipeline either, and the account's identity provider is elsewhere
        return read_pipeline_identity(self.repository) if self._sharing else None

    @cached_property
    def _sharing(self) -> dict[str, Environment]:
        files = SpecFiles(self.repository)
        own, rehearse = self.environment, not self.connection.is_real
        specs = {name: files.load(name) for name in files.names()}
        place = (self.connection.account_id, own.region, own.project)
        return {
            name: spec
            for name, spec in specs.items()
            if (account_of(spec, rehearse=rehearse), spec.region, spec.project) == place
        }

    @cached_property
    def session(self) -> AwsSession:
        """AWS clients."""
        from studyctl.adapters.aws.session import AwsSession  # noqa: PLC0415  boto3 is slow to import

        return AwsSession(self.connection)

    @cached_property
    def bucket(self) -> StateBucket:
        """State and ledger."""
        from studyctl.adapters.aws.state_bucket import StateBucket  # noqa: PLC0415
        from studyctl.usecases.render import state_bucket_name  # noqa: PLC0415

        name = state_bucket_name(self.environment.project, self.connection.account_id, self.connection.region)
        return StateBucket(self.session, name, self.environment.name)

    @cached_property
    def inventory(self) -> AwsInventory:
        """Asks the account what is there."""
        from studyctl.adapters.aws.inventory import AwsInventory  # noqa: PLC0415

        return AwsInventory(self.session)

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform, pointed at this target."""
        from studyctl.adapters.terraform.terraform import Terraform  # noqa: PLC0415

        return Terraform.find(os.environ, connection=self.connection.variables, interrupts=self.interrupts)

    @property
    def recovery_root(self) -> RecoveryRoot:
        """A copy of the composition that can hold imports."""
        from studyctl.adapters.terraform.recovery_root import RecoveryRoot  # noqa: PLC0415

        return RecoveryRoot(self.workspace)

    @cached_property
    def files(self) -> PrivateFolder:
        """The build folder."""
        from studyctl.adapters.private_files import PrivateFolder  # noqa: PLC0415

        return PrivateFolder(self.repository / BUILD)

    def rendered(self) -> tuple[RenderedFile, ...]:
        """What terraform will read; nothing is written."""
        return rendered(self.environment, self.workspace, self.connection.account_id)

    def render(self) -> tuple[Path, ...]:
        """Write what terraform will read."""
        from studyctl.usecases.render import write_files  # noqa: PLC0415

        return write_files(self.rendered(), self.files)

    def identity(self, run_id: str | None = None) -> RunIdentity:
        """Who runs what from which commit."""
        from studyctl.adapters.git import describe_actor, describe_commit  # noqa: PLC0415
        from studyctl.usecases.deploy import RunIdentity  # noqa: PLC0415

        return RunIdentity(
            run_id=run_id or new_run_id(),
            actor=describe_actor(os.environ),
            commit=self.other_commit.id if self.other_commit else describe_commit(self.repository),
            toolkit_version=studyctl.__version__,
            terraform_version=str(self.terraform.version()),
        )


def rendered(environment: Environment, workspace: Workspace, account_id: str) -> tuple[RenderedFile, ...]:
    """What terraform reads for an environment in an account."""
    from studyctl.adapters.templates import PackagedTemplates  # noqa: PLC0415  jinja2 is slow to import
    from studyctl.usecases.render import build_files  # noqa: PLC0415

    return build_files(environment, workspace, account_id=account_id, templates=PackagedTemplates())


def account_of(environment: Environment, *, rehearse: bool) -> str:
    """The account that commands act on: the file's own, or the emulator's."""
    if rehearse or environment.account_id is None:
        return EMULATED_ACCOUNT_ID
    return environment.account_id


def open_site(
    name: str,
    *,
    rehearse: bool = False,
    interrupts: Interrupts | None = None,
    start: bool = True,
    profile: str | None = None,
) -> Site:
    """Open an environment where its file says, or on the emulator when rehearsing.

    With `start` false an emulator that is not running is an error instead of being started. `profile` of the AWS SDK's
    configuration has the credentials; None: those that it finds by itself. Terraform is not run with it.

    Raises:
        UsageError: no such environment, or its file is wrong.
        PreflightFailed: wrong account, no credentials, or no emulator.
    """
    repository = find_repository()
    environment = SpecFiles(repository).load(name)
    if rehearse or environment.target is TargetKind.EMULATOR:
        return Site(repository, environment, _emulator_connection(repository, environment, start=start), interrupts)
    return Site(repository, environment, _aws_connection(environment, profile), interrupts)


def _emulator_connection(repository: Path, environment: Environment, *, start: bool) -> Connection:
    from studyctl.adapters.emulator import process  # noqa: PLC0415

    endpoint = start_emulator(repository) if start else process.find(emulator_folder(repository))
    if endpoint is None:
        raise PreflightFailed(
            "the emulator is not running, so nothing is deployed on it",
            why="It keeps everything in memory.",
            hint=f"Start it and deploy: studyctl deploy {environment.name}",
        )
    return Connection(
        kind=TargetKind.EMULATOR,
        account_id=EMULATED_ACCOUNT_ID,
        region=environment.region,
        variables=process.terraform_environment(endpoint, region=environment.region),
        endpoint_url=endpoint.url,
        boot_id=endpoint.boot_id,
    )


def _aws_connection(environment: Environment, profile: str | None = None) -> Connection:
    from studyctl.adapters.aws.identity import caller_identity  # noqa: PLC0415
    from studyctl.adapters.aws.session import AwsSession  # noqa: PLC0415
    from studyctl.usecases.preflight import require_account  # noqa: PLC0415

    assert environment.account_id is not None  # noqa: S101  its target is AWS
    connection = Connection(
        kind=TargetKind.AWS,
        account_id=environment.account_id,
        region=environment.region,
        variables={"AWS_REGION": environment.region, "AWS_DEFAULT_REGION": environment.region},
        profile=profile,
    )
    identity = caller_identity(AwsSession(connection))
    require_account(environment, identity.account_id, identity.arn)
    return connection


def examinations(name: str | None, *, rehearse: bool) -> tuple[Examination, ...]:
    """What `doctor` looks at: this machine and, with a name, that environment's account and state."""
    from studyctl.adapters import machine  # noqa: PLC0415
    from studyctl.usecases.doctor import Examination  # noqa: PLC0415

    repository = find_repository()
    root = repository / "infra" / "platform"
    found = (
        Examination("python", machine.python),
        Examination("git", lambda: machine.git(os.environ), is_needed=False),
        Examination("terraform", lambda: machine.terraform(os.environ)),
        Examination("provider", lambda: machine.provider(os.environ, root)),
        Examination("disk", lambda: machine.disk(repository)),
        Examination("emulator", machine.emulator_package, is_needed=False),
        Examination("environments", lambda: _load_all(SpecFiles(repository))),
    )
    return found if name is None else (*found, *_examinations_of(name, rehearse=rehearse))


def _load_all(files: SpecFiles) -> str:
    return ", ".join(files.load(name).name for name in files.names())


def _examinations_of(name: str, *, rehearse: bool) -> tuple[Examination, ...]:
    from studyctl.usecases.doctor import Examination  # noqa: PLC0415
    from studyctl.usecases.preflight import require_state_store  # noqa: PLC0415

    @cache
    def site() -> Site:
        return open_site(name, rehearse=rehearse, start=False)

    def account() -> str:
        connection = site().connection
        return f"{connection.account_id} in {connection.region}, {connection.kind.value}"

    def bucket() -> str:
        require_state_store(site().bucket, name)
        return site().bucket.name

    def lock() -> str:
        held = site().bucket.lock()
        if held is None:
            return "free"
        raise PreflightFailed(
            f"the state is locked by {held}", hint=f"Wait for it: studyctl deploy {name} --lock-timeout 10m"
        )

    def state() -> str:
        version = site().bucket.state_version()
        return f"serial {version.serial}, {version.resources} resources" if version else "nothing deployed yet"

    return (
        Examination("account", account, depends_on="environments"),
        Examination("state bucket", bucket, depends_on="account"),
        Examination("state", state, depends_on="state bucket"),
        Examination("lock", lock, depends_on="state bucket", is_needed=False),
    )
