from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.outcome import PlanFile
from studyctl.domain.workspace import Workspace

FAKE = Path(__file__).with_name("fake_terraform.py")
COMMAND = Path(__file__).with_name("one_command.py")
SOURCES = Path(__file__).parents[3] / "toolkit" / "src"

PLAIN = """
variable "size" {
  type    = number
  default = 2
}

resource "terraform_data" "part" {
  count = var.size
  input = "part ${count.index}"
}

output "parts" {
  value = terraform_data.part[*].output
}

output "hidden" {
  value     = "hunter2-marker"
  sensitive = true
}
"""

BLOCKING = """
variable "pipe" {{
  type    = string
  default = "{pipe}"
}}

resource "terraform_data" "blocked" {{
  provisioner "local-exec" {{
    command = "cat \\"$PIPE\\""
    environment = {{ PIPE = var.pipe }}
  }}
}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "a répository" / "ü"


@pytest.fixture
def workspace(repository: Path) -> Workspace:
    found = Workspace.platform("dev", repository)
    found.root.mkdir(parents=True)
    (found.root / "main.tf").write_text(PLAIN, encoding="utf-8")
    return found


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "STUDYCTL_"))}
    found = os.pathsep.join(part for part in (str(SOURCES), os.environ.get("PYTHONPATH", "")) if part)
    return {**kept, "HOME": str(tmp_path), "PYTHONPATH": found}


@pytest.fixture
def terraform(environ: dict[str, str]) -> Terraform:
    return Terraform.find(environ)


@dataclass(frozen=True)
class Blocked:
    """An apply that waits until it is released."""

    workspace: Workspace
    plan: PlanFile
    pipe: Path

    def release(self) -> None:
        with self.pipe.open("wb"):  # blocks until the reader is there
            pass


@pytest.fixture
def blocked(terraform: Terraform, workspace: Workspace, tmp_path: Path) -> Iterator[Blocked]:
    """A planned resource that is in flight until it is released; what it runs is slipped in behind the guard's back."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    terraform.init(workspace)
    (workspace.root / "main.tf").write_text(BLOCKING.format(pipe=pipe), encoding="utf-8")
    plan = terraform.plan(workspace, "planned", out=workspace.build / "dev.tfplan").plan
    yield Blocked(workspace, plan, pipe)
    with contextlib.suppress(OSError):  # nobody reads any more, which is what most tests end with
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


@dataclass
class Fake:
    """A scripted terraform with a workspace and a plan for it."""

    terraform: Terraform
    workspace: Workspace
    plan: PlanFile
    folder: Path

    def plays(self, *steps: Sequence[Any]) -> None:
        (self.folder / "scenario.json").write_text(json.dumps(steps), encoding="utf-8")

    def pipe(self, name: str) -> Path:
        path = self.folder / name
        os.mkfifo(path)
        return path


@pytest.fixture
def fake(environ: dict[str, str], workspace: Workspace, tmp_path: Path) -> Fake:
    folder = tmp_path / "fake"
    folder.mkdir()
    launcher = folder / "terraform"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{FAKE}" "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    environ |= {"STUDYCTL_TERRAFORM": str(launcher), "FAKE_SCENARIO": str(folder / "scenario.json")}
    plan = workspace.build / "dev.tfplan"
    plan.parent.mkdir(parents=True)
    content = b"a plan"
    plan.write_bytes(content)
    sealed = PlanFile(plan, hashlib.sha256(content).hexdigest(), len(content))
    return Fake(Terraform.find(environ), workspace, sealed, folder)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Start]:
    """Start a toolkit process that applies, in a session of its own; its lines say what it sees."""
    started: list[subprocess.Popen[str]] = []

    def begin(workspace: Workspace, plan: PlanFile, run_id: str = "applied") -> subprocess.Popen[str]:
        words = [str(workspace.root.parent.parent), str(plan.path), plan.sha256, run_id]
        process = subprocess.Popen(
            [sys.executable, str(COMMAND), *words],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
