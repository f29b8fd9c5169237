"""Run the terraform that studyctl would run, for targets that want it directly (fmt)."""

from __future__ import annotations

import os
import sys

from studyctl.adapters.terraform.binary import find_terraform


def main() -> None:
    command = find_terraform().command
    os.execvp(command[0], [*command, *sys.argv[1:]])  # noqa: S606  the same process, so that signals and exit code are its own


if __name__ == "__main__":
    main()
