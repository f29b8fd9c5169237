"""Run the terraform that studyctl would run, for targets that want it directly (fmt)."""

from __future__ import annotations

import os
import sys

from studyctl.adapters.terraform.binary import find


def main() -> None:
    command = find(os.environ).launcher
    os.execvp(command[0], [*command, *sys.argv[1:]])  # noqa: S606  the same process, so that signals and exit code are its own


if __name__ == "__main__":
    main()
