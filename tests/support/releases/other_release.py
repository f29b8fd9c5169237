"""A release in a process of its own, which tells each step and can be held before one, to be killed there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.releases.commands import Told
from tests.support.releases.stage import Stage
from tests.support.until import until

from studyctl.adapters.local.process_table import identify
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.steps import Step
from studyctl.errors import StudyctlError

REPOSITORY = Path(__file__).resolve().parents[3]
STEP, END = "step ", "end "


@dataclass
class OtherRelease:
    """The process, seen from the test."""

    process: subprocess.Popen[str]
    steps: list[str]

    @classmethod
    def start(cls, stage: Stage, image: ImageReference, *, pause_at: int | None = None) -> OtherRelease:
        """Begin; with `pause_at` it waits before that step of the plan."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.releases.other_release"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        request = {"facts": stage.facts, "image": str(image), "pause_at": pause_at}
        _pipe(process.stdin).write(json.dumps(request) + "\n")
        _pipe(process.stdin).flush()
        return cls(process, [])

    def until_step(self, kind: str) -> None:
        """Read until a step of that kind begins."""
        for line in _pipe(self.process.stdout):
            if line.startswith(STEP):
                self.steps.append(line.removeprefix(STEP).strip())
                if self.steps[-1].startswith(kind):
                    return
        raise AssertionError(f"it ended before a step {kind}: {self.steps}")

    def until_paused(self, position: int) -> str:
        """Read until the step at that position is about to begin; its name."""
        while len(self.steps) <= position:
            self.until_step("")
        return self.steps[position]

    def go_on(self) -> None:
        """Let it go on where it waits."""
        _pipe(self.process.stdin).write("\n")
        _pipe(self.process.stdin).flush()

    def kill(self) -> None:
        """As an operating system that is out of memory does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self._close()

    def end(self) -> tuple[int, str]:
        """Read to the end; exit code and last words."""
        last = ""
        for line in _pipe(self.process.stdout):
            last = line.removeprefix(END).strip() if line.startswith(END) else last
        return self._close(), last

    def _close(self) -> int:
        _pipe(self.process.stdin).close()
        _pipe(self.process.stdout).close()
        return self.process.wait()


@dataclass
class Tells(Told):
    """Tells each step on stdout, and waits before one of them for as long as it is let."""

    pause_at: int | None = None

    def step(self, entry: LedgerEntry, step: Step) -> None:
        sys.stdout.write(f"{STEP}{step}\n")
        sys.stdout.flush()
        if self.pause_at is not None and entry.position == self.pause_at:
            sys.stdin.readline()


def main() -> int:
    """Do what the first line of stdin asks for."""
    request = json.loads(sys.stdin.readline())
    stage = Stage.from_facts(request["facts"])
    stage.told = Tells(pause_at=request["pause_at"])
    found = until(lambda: identify(os.getpid()), "this process")
    assert found is not None
    stage.process = f"{found.pid} {found.born}"
    try:
        stage.release(ImageReference.parse(request["image"]))
    except StudyctlError as failure:
        sys.stdout.write(f"{END}{' '.join(str(failure).split())}\n")
        return failure.exit_code
    sys.stdout.write(f"{END}proven\n")
    return 0


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


if __name__ == "__main__":
    sys.exit(main())
