"""Runs `studyctl` in a process of its own and hands back what a person or a pipeline would see."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What of the developer's shell would change a command's behaviour. TF_* is what studyctl itself must scrub.
FOREIGN = ("AWS_", "STUDYCTL_", "TF_", "NO_COLOR", "GITHUB_", "COLUMNS")
KEPT = ("STUDYCTL_TERRAFORM", "STUDYCTL_PROVIDER_MIRROR")
LONGEST_SECONDS = 1500.0


@dataclass(frozen=True)
class Finished:
    """The end of one command."""

    arguments: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """What was printed with --json."""
        return json.loads(self.stdout)

    def must(self, exit_code: int) -> Finished:
        """Itself, unless it ended otherwise: then everything it said is the failure's message."""
        assert self.exit_code == exit_code, (
            f"studyctl {' '.join(self.arguments)}: exit {self.exit_code} instead of {exit_code}\n"
            f"--- stdout\n{self.stdout[-3000:]}\n--- stderr\n{self.stderr[-6000:]}"
        )
        return self


@dataclass(frozen=True)
class CommandLine:
    """`studyctl` in one folder."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, **variables: str) -> Finished:
        """Run one command to its end, without a terminal; `variables` are added to its environment."""
        process = subprocess.Popen(
            [sys.executable, "-m", "studyctl.cli.main", *arguments],
            cwd=self.folder,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=LONGEST_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate()
            raise
        return Finished(arguments, process.returncode, stdout, stderr)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What the process is told: nothing of the developer's own accounts."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN) or k in KEPT}
        return {**inherited, **self.variables, **variables}
