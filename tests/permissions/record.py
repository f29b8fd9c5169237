"""Record what each command of studyctl calls, anew: `python -m tests.permissions.record FOLDER [STORY...]`.

It plays two stories, each from an empty account, on an emulator and in a checkout of its own, and writes a file of
calls for each group of commands: what becomes of dev alone, and of a prod that the releases of staging are promoted to.
Each takes up to an hour; they may be played at the same time. `python -m tests.permissions.write` makes the fixtures
and the grants of them.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine, Finished

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.endpoint import CALLS_PATH
from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.adapters.local_build import PACKAGES
from studyctl.errors import Refused

OPERATOR = "test"
"""As whom studyctl and terraform call the emulator; tasks call it with the name of their role."""
NOBODY = ""
"""Whose calls are thrown away: what only the emulator's account needs, such as to be prepared without being asked."""
SIGN_SECONDS, SIGN_EVERY_SECONDS = 600, 0.5
OF_A_REFUSAL = 4000
PIPELINE = """
repository: { owner: example, owner_id: "1001", name: study, id: "2002", has_ids_in_subject: true }
promotions: { prod: staging }
"""
CHANGES = (
    ("snapshot_retention_days: 1\n", "snapshot_retention_days: 2\n"),
    ("notification_queue: { consumer_timeout_seconds: 60,", "notification_queue: { consumer_timeout_seconds: 90,"),
    ("monthly_usd: 500", "monthly_usd: 600"),
    ("  retention_days: 30\n", "  retention_days: 60\n"),
)
"""Of dev's file: what a deploy changes in place, and `rollback --infra` changes back."""
GROWN = (
    ("has_archive: false", "has_archive: true"),
    ("volume_gib: 100", "volume_gib: 110"),
    ("  storage_gib: 20", "  storage_gib: 30"),
)
"""Of dev's file: what a deploy is at when it is killed, and what can only grow."""


@dataclass
class Town:
    """A checkout, an emulator, and the calls of each group of commands."""

    checkout: Checkout
    emulator: EmulatorEndpoint
    folder: Path
    seen: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def run(
        self, group: str, *arguments: str, also: str = NOBODY, may_refuse: bool = False, **variables: str
    ) -> Finished:
        """Run a command to its good end; its calls belong to the group. What is refused by a rule was asked as well.

        `also` is another group that the command is a case of.
        """
        with self.recorded(group, also):
            ended = CommandLine(self.checkout.folder)(*arguments, **variables)
        if may_refuse and ended.exit_code == Refused.exit_code:
            sys.stderr.write(f"{' '.join(arguments)}: {ended.stderr[-OF_A_REFUSAL:]}\n")
            return ended
        return ended.must(0)

    @contextmanager
    def recorded(self, *groups: str) -> Iterator[None]:
        """Keep for the groups what is called meanwhile."""
        began = time.monotonic()
        self._calls("DELETE")
        yield
        rows = [row for row in self._calls("DELETE") if row["role"] == OPERATOR]
        new = [f"{self._keep(group, rows)} new of {group}" for group in groups if group != NOBODY]
        told = f"{len(rows)} calls, {', '.join(new) or 'none kept'}"
        sys.stderr.write(f"{time.strftime('%X')} {told}, {time.monotonic() - began:.0f} s\n")

    def _keep(self, group: str, rows: list[dict[str, Any]]) -> int:
        """Write what the group called until now, and say how much of it was new."""
        kept = self.seen.setdefault(group, {})
        before = len(kept)
        kept.update({f"{row['action']} {row['resource']}": {**row, "role": group} for row in rows})
        lines = (json.dumps(row) for _, row in sorted(kept.items()))
        (self.folder / f"{group}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return len(kept) - before

    def edit(self, environment: str, *changes: tuple[str, str]) -> None:
        """Change an environment's file, and commit it."""
        path = self.checkout.environment_file(environment)
        text = path.read_text("utf-8")
        for before, after in changes:
            assert text.count(before) == 1, f"{path.name} has {before!r} {text.count(before)} times"
            text = text.replace(before, after)
        path.write_text(text, "utf-8")
        self.checkout.commit(f"change {environment}")

    def other_services(self, number: int) -> dict[str, Any]:
        """Variables with which the image that a release builds is another one."""
        folder = self.checkout.folder.parent / f"services-{number}"
        for name in PACKAGES:
            shutil.copytree(REPOSITORY / "toolkit" / "src" / name, folder / name)
        with (folder / PACKAGES[0] / "__init__.py").open("a", encoding="utf-8") as file:
            file.write(f"\n# build {number}\n")
        return {"PYTHONPATH": str(folder)}

    def kill(self, sign: str, *arguments: str, **variables: str) -> None:
        """Start a command, and kill it with all that it started as soon as an action was called."""
        command = [sys.executable, "-m", "studyctl.cli.main", *arguments]
        victim = subprocess.Popen(
            command,
            cwd=self.checkout.folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + SIGN_SECONDS
        while not any(row["action"] == sign for row in self._calls("GET")):
            assert victim.poll() is None, f"{arguments} ended with {victim.returncode} before it called {sign}"
            assert time.monotonic() < until, f"{arguments} does not call {sign}"
            time.sleep(SIGN_EVERY_SECONDS)
        for pid in (victim.pid, *_descendants(victim.pid)):
            os.kill(pid, signal.SIGKILL)
        victim.wait()

    def _calls(self, method: str) -> list[dict[str, Any]]:
        connection = http.client.HTTPConnection(self.emulator.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, CALLS_PATH)
            rows: list[dict[str, Any]] = json.loads(connection.getresponse().read())["calls"]
            return rows
        finally:
            connection.close()


def life(town: Town) -> None:
    """Play what people and jobs do in the life of one environment."""
    prepare(town)
    live(town)
    change(town)
    town.run("destroy", "destroy", "dev", "--confirm", "dev")


def prepare(town: Town) -> None:
    """An account and the infrastructure of dev, from nothing."""
    town.run("bootstrap", "bootstrap", "dev")
    town.run("bootstrap", "bootstrap", "dev")
    town.run(NOBODY, "plan", "dev")
    plan = str(town.checkout.folder.parent / "dev.tfplan")
    town.run("plan", "plan", "dev", "--out", plan)
    town.run("apply", "apply", "dev", "--plan", plan)


def live(town: Town) -> None:
    """Releases and questions."""
    town.run("release", "release", "dev", "--run-before", "migrate")
    town.run("smoke", "smoke", "dev")
    town.run("prove_run", "iam", "prove", "dev", "--run", may_refuse=True)
    look(town, "dev")
    ask(town, "dev")
    town.run("release", "release", "dev", **town.other_services(1))
    town.run("rollback", "rollback", "dev", "--reason", "recorded")
    with town.recorded("release"):
        town.kill("ecs:UpdateService", "release", "dev", **town.other_services(2))
    town.run("release", "lock", "release", "dev", "--force")
    town.run("release", "release", "dev", "--resume")


def look(town: Town, name: str) -> None:
    """Whatever only looks."""
    page = str(town.folder / f"{name}.page")
    town.run("plan", "plan", name)
    town.run("plan", "iam", "prove", name, may_refuse=True)
    town.run("drift", "drift", name)
    town.run("status", "status", name)
    town.run("status", "status", name, "--watch")
    town.run("status", "report", name, "--out", page)
    town.run("outputs", "outputs", name)


def ask(town: Town, name: str) -> None:
    """What only looks and is the same in every environment."""
    page = str(town.folder / f"{name}.page")
    town.run("plan", "cost", name)
    town.run("plan", "graph", name, "--out", page)
    town.run("plan", "iam", "graph", name, "--out", page)
    town.run("plan", "iam", "explain", name, f"{name}-api-task", "s3:PutObject")
    town.run("status", "doctor", name)
    town.run("status", "releases", name)
    town.run("status", "releases", "show", name, "1")
    town.run("status", "lock", "show", name)
    town.run("status", "env", "export", name)


def change(town: Town) -> None:
    """A deploy that changes what is there, its way back, and one that dies."""
    town.edit("dev", *CHANGES)
    town.run("deploy", "deploy", "dev", **town.other_services(3))
    town.run("rollback_infra", "rollback", "dev", "--infra")
    town.edit("dev", *((after, before) for before, after in CHANGES), *GROWN)
    with town.recorded("apply", "deploy"):
        town.kill("firehose:CreateDeliveryStream", "deploy", "dev", "--only", "infra")
    town.run("recover", "recover", "dev", "--untaint-all", "--yes")
    town.run("apply", "deploy", "dev", "--only", "infra", also="deploy")


def promotion(town: Town) -> None:
    """Prod from nothing to nothing, beside a staging whose releases are promoted to it."""
    town.edit("prod", ("can_be_destroyed: false", "can_be_destroyed: true"))
    town.edit("prod", ("is_deletion_protected: true", "is_deletion_protected: false"))
    town.run(NOBODY, "deploy", "staging")
    town.run("bootstrap", "bootstrap", "prod")
    town.run(NOBODY, "plan", "prod")
    town.run("apply", "deploy", "prod", "--only", "infra", also="deploy")
    town.run("deploy", "deploy", "prod")
    town.run("smoke", "smoke", "prod")
    town.run("prove_run", "iam", "prove", "prod", "--run", may_refuse=True)
    town.run(NOBODY, "release", "staging", **town.other_services(4))
    town.run("promote", "promote", "staging", "prod", "--run-before", "migrate")
    town.run("rollback", "rollback", "prod", "--reason", "recorded")
    town.run("release", "release", "prod", **town.other_services(5))
    look(town, "prod")
    town.run("destroy", "destroy", "prod", "--confirm", "prod")
    town.run(NOBODY, "destroy", "staging", "--confirm", "staging")


STORIES: Mapping[str, Callable[[Town], None]] = {"life": life, "promotion": promotion}


def _descendants(pid: int) -> list[int]:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return [*found, *(below for child in found for below in _descendants(child))]


def main(folder: Path, name: str) -> None:
    """Play one story; what was recorded until it breaks off is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"permissions-{name}-") as scratch:
        checkout = Checkout.copy(Path(scratch) / "checkout")
        (checkout.folder / "infra" / "pipeline.yaml").write_text(PIPELINE, "utf-8")
        checkout.commit("a pipeline")
        try:
            STORIES[name](Town(checkout, process.start(checkout.emulator_folder), folder))
        finally:
            process.stop(checkout.emulator_folder)


if __name__ == "__main__":
    for each in sys.argv[2:] or STORIES:
        main(Path(sys.argv[1]) / each, each)
