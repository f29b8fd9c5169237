"""Run the terraform that studyctl would run, for targets that want it directly (fmt)."""

from __future__ import annotations

import os
import sys

from studyctl.adapters.terraform.binary import find


def main() -> None:
    command = find(os.environ).launcher
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    # The same process, so that signals and the exit code are its own.
    os.execvpe(command[0], [*command, *sys.argv[1:]], environment)  # noqa: S606


if __name__ == "__main__":
    main()
