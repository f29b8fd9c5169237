"""A repository, its pipeline and its account, and the questions that the tests of a pipeline ask of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.pipeline.account import EmulatedAccount
from tests.support.pipeline.hosting import Event
from tests.support.pipeline.lab import Lab
from tests.support.pipeline.results import WorkflowRun
from tests.support.pipeline.runner import Runner
from tests.support.pipeline.step_process import Cancel

from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.usecases.render import state_bucket_name


@dataclass
class Town:
    """Everything that a team has, and what happened to it so far."""

    lab: Lab
    runner: Runner
    account: EmulatedAccount
    roles: Mapping[str, str]
    """What `studyctl bootstrap` printed: the ARN of each role."""

    def push(self, message: str, path: str = "", before: str = "", after: str = "") -> WorkflowRun:
        """Commit to main and push."""
        if path:
            self.lab.origin.edit(path, before, after)
        return self.runner.run("deploy.yml", Event("push", self.lab.origin.commit(message)))

    def push_again(self) -> WorkflowRun:
        """What GitHub calls "Re-run all jobs"."""
        return self.runner.run("deploy.yml", Event("push", self.lab.origin.head))

    def push_and_cancel(self, job: str, cancel: Cancel, *commit: str) -> WorkflowRun:
        """Push, and press the button while that job works."""
        self.runner.cancels[job] = cancel
        try:
            return self.push(*commit)
        finally:
            del self.runner.cancels[job]

    def start(self, workflow: str, event: str = "workflow_dispatch", **inputs: str) -> WorkflowRun:
        """Start a workflow by hand, or by the clock."""
        return self.runner.run(workflow, Event(event, self.lab.origin.head, inputs=inputs))

    def protect(self, *names: str) -> None:
        """Have nobody agree to the jobs of these environments from now on."""
        environments = self.runner.github.environments
        environments.update({name: replace(environments[name], is_approved=False) for name in names})

    def serving(self, name: str) -> dict[str, Any]:
        """The entry of the ledger that serves an environment."""
        return next(entry for entry in self.lab.ledger(name) if entry["status"] == "proven")

    def images(self, name: str) -> set[str]:
        """The digests that serve an environment, by its ledger."""
        return {service["image"].rpartition("@")[2] for service in self.serving(name)["release"]["services"].values()}

    def has_made(self, name: str, resources: int) -> Callable[[], bool]:
        """Whether terraform has reported so many resources of an environment as made, asked while it works."""
        runs = self.lab.build / name / "runs"

        def count() -> int:
            return sum(_completed(stream) for stream in runs.glob("*/apply/stream.jsonl"))

        return lambda: count() >= resources

    def has_done_a_step(self, name: str, number: int) -> Callable[[], bool]:
        """Whether the release with that number in the ledger of an environment has its first step behind it."""
        s3, bucket = self.account.client("s3"), state_bucket_name("study", EMULATED_ACCOUNT_ID, "us-east-1")
        key = f"environments/{name}/ledger/releases/{number:08}.json"

        def look() -> bool:
            if not s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
                return False
            return int(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["position"]) > 0

        return look

    def locks(self, name: str) -> tuple[Any, Any]:
        """Who holds the locks of an environment: on its state, on its releases."""
        told = self.lab.studyctl("lock", "show", name, "--json").must(0).document
        return told["state"], told["releases"]


def _completed(stream: Path) -> int:
    lines = stream.read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n")]
    return sum(json.loads(line)["type"] == "apply_complete" for line in whole)
