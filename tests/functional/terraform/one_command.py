"""What a command of the toolkit does with an apply, with a line for everything it sees."""

import os
import sys
from pathlib import Path

from studyctl.adapters.terraform.interrupts import Interruption, Interrupts
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.events import Event
from studyctl.domain.outcome import PlanFile
from studyctl.domain.progress import Progress
from studyctl.domain.workspace import Workspace
from studyctl.errors import StudyctlError


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def main(repository: str, plan: str, sha256: str, run_id: str) -> int:
    def seen(event: Event, _progress: Progress) -> None:
        say(type(event).__name__)

    def told(interruption: Interruption) -> None:
        say(interruption.name)

    terraform = Terraform.find(os.environ, interrupts=Interrupts(told))
    workspace = Workspace.platform("dev", Path(repository))
    try:
        outcome = terraform.apply(workspace, run_id, PlanFile(Path(plan), sha256, 0), on_event=seen)
    except StudyctlError as error:
        say(f"{type(error).__name__}: {error.what}")
        return error.exit_code
    say(f"applied {outcome.progress.done} interrupted={outcome.was_interrupted}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
