"""Real terraform with the real provider: applied, planned empty, destroyed, and nothing left."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint

ROOTS = Path(__file__).parent / "roots"

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]


@pytest.mark.parametrize("root", [folder.name for folder in sorted(ROOTS.iterdir())])
def test_a_root_is_applied_planned_empty_and_destroyed(
    tmp_path: Path,
    emulator: EmulatorEndpoint,
    terraform: Callable[..., subprocess.CompletedProcess[str]],
    root: str,
) -> None:
    folder = shutil.copytree(ROOTS / root, tmp_path / root)
    before = process.status(emulator)

    for arguments in (
        ("init",),
        ("apply", "-auto-approve", "-parallelism=40"),
        ("plan", "-detailed-exitcode"),
        ("destroy", "-auto-approve", "-parallelism=40"),
    ):
        command, *options = arguments
        done = terraform(folder, command, "-no-color", "-input=false", *options)
        assert done.returncode == 0, f"terraform {command}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"

    after = process.status(emulator)
    assert (after.unimplemented, after.failures) == (before.unimplemented, before.failures)


def test_what_is_missing_fails_at_once_and_says_what_it_is(
    tmp_path: Path, terraform: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
        'resource "aws_elasticache_serverless_cache" "x" {\n  engine = "valkey"\n  name = "missing"\n}\n'
    )
    assert terraform(tmp_path, "init", "-no-color", "-input=false").returncode == 0
    done = terraform(tmp_path, "apply", "-no-color", "-input=false", "-auto-approve")

    assert done.returncode == 1
    assert "elasticache:CreateServerlessCache" in done.stderr
