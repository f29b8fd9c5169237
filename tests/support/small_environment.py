"""A small environment of terraform's own, with its state on an emulator: what runs can wreck, and `recover` mends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from studyctl.adapters.aws.state_lock import StateLock, this_holder
from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.adapters.journal import FileJournal
from studyctl.adapters.terraform import runs
from studyctl.adapters.terraform.recovery_root import RecoveryRoot
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.import_ids import Place
from studyctl.domain.journal import Step
from studyctl.domain.recovery import RecoveryPlan
from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.domain.workspace import Workspace
from studyctl.usecases.plan import JudgedPlan, OnEvent
from studyctl.usecases.recover import RecoverRequest, RecoveryOutcome, recover
from studyctl.usecases.recovery_ports import Ports, RunEnd

REGION = "us-east-1"
KEY = "environments/dev/platform.tfstate"
LOCK_KEY = f"{KEY}.tflock"


@dataclass
class Quiet:
    """Says nothing, agrees to everything, and remembers what it was shown."""

    seen: Callable[[], None] = lambda: None
    questions: list[str] = field(default_factory=list)
    ends: list[RunEnd] = field(default_factory=list)

    def step(self, step: Step) -> None: ...

    def on_event(self) -> OnEvent:
        return lambda _event, _progress: self.seen()

    def told(self, end: RunEnd) -> None:
        self.ends.append(end)

    def decided(self, plan: RecoveryPlan) -> None: ...

    def confirm(self, question: str) -> None:
        self.questions.append(question)

    def planned(self, plan: JudgedPlan) -> None: ...


@dataclass
class World:
    """A small environment on an emulator of its own."""

    workspace: Workspace
    terraform: Terraform
    s3: Any
    endpoint: EmulatorEndpoint
    narrator: Quiet = field(default_factory=Quiet)

    @property
    def connection(self) -> dict[str, str]:
        """The AWS_* variables that lead to its emulator."""
        return connection_environment(self.endpoint)

    def write(self, configuration: str) -> None:
        (self.workspace.root / "main.tf").write_text(configuration, "utf-8")

    def apply(self, run_id: str = "made", on_event: OnEvent | None = None) -> None:
        self.terraform.init(self.workspace)
        plan = self.terraform.plan(self.workspace, run_id, out=self.workspace.run_dir(run_id) / "plan.tfplan").plan
        self.terraform.apply(self.workspace, run_id, plan, on_event=on_event)

    def lose(self, run_id: str = "made") -> Path:
        """Turn a run that ended well into one whose terraform and recorder were killed."""
        folder = self.workspace.run_dir(run_id) / "apply"
        (folder / runs.REPORTED_MARK).unlink()
        (folder / runs.RESULT_FILE).unlink()
        lines = [line for line in (folder / "stream.jsonl").read_text().splitlines() if "change_summary" not in line]
        (folder / "stream.jsonl").write_text("\n".join(lines) + "\n")
        return folder

    def recover(self, request: RecoverRequest | None = None, run_id: str = "20261122-120000-beef") -> RecoveryOutcome:
        ports = Ports(
            terraform=self.terraform,
            lock=StateLock(self.s3, "states", KEY),
            root=RecoveryRoot(self.workspace),
            journal=FileJournal(self.workspace, run_id, "recover"),
            narrator=self.narrator,
            render=lambda: None,
            require_state=lambda: None,
            holder=this_holder(),
            place=Place.of(EMULATED_ACCOUNT_ID, REGION, self.endpoint.url),
        )
        return recover(request or RecoverRequest(), self.workspace, ports, run_id)

    def has_changes(self) -> bool:
        out = self.workspace.build / "check.tfplan"
        return self.terraform.plan(self.workspace, "check", out=out).has_changes

    def stored(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.s3.get_object(Bucket="states", Key=KEY)["Body"].read())
        return content

    def store(self, state: dict[str, Any]) -> None:
        self.s3.put_object(Bucket="states", Key=KEY, Body=json.dumps(state).encode())

    def lock(self, who: str, created: str, operation: str = "OperationTypeApply") -> None:
        info = {"ID": "5a1f1f4a-7b7e-2b0c-3f0e-0c8f5b7f6a11", "Operation": operation, "Info": "", "Who": who}
        more = {"Version": "1.11.4", "Created": created, "Path": f"states/{KEY}"}
        self.s3.put_object(Bucket="states", Key=LOCK_KEY, Body=json.dumps(info | more).encode())

    def is_locked(self) -> bool:
        return bool(self.s3.list_objects_v2(Bucket="states", Prefix=LOCK_KEY).get("KeyCount"))


@contextmanager
def small_environment(endpoint: EmulatorEndpoint, folder: Path) -> Iterator[World]:
    """An empty environment in `folder`, laid out as a checkout is; its states are removed afterwards."""
    connection = connection_environment(endpoint)
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint.url,
        aws_access_key_id=connection["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=connection["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket="states")
    workspace = Workspace("dev", folder / "infra" / "platform", folder / ".build" / "dev")
    workspace.root.mkdir(parents=True)
    workspace.build.mkdir(parents=True)
    settings = {"bucket": "states", "key": KEY, "region": REGION}
    lines = [f'{name} = "{value}"\n' for name, value in settings.items()]
    workspace.backend_config.write_text("".join([*lines, "use_lockfile = true\n"]))
    terraform = Terraform.find(os.environ, connection=connection)
    found = World(workspace, terraform, s3, endpoint)
    yield found
    for entry in s3.list_objects_v2(Bucket="states").get("Contents", []):
        s3.delete_object(Bucket="states", Key=entry["Key"])
