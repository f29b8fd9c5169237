"""The security controls of the code: `studyctl lint` over terraform/, infra/ and iam-policies/. Needs only Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
STUDYCTL = REPOSITORY / ".venv" / "bin" / "studyctl"


def main() -> None:
    if not STUDYCTL.exists():
        sys.exit("error: the toolkit is not installed\n  Run: make setup")
    os.chdir(REPOSITORY)
    os.execv(STUDYCTL, [str(STUDYCTL), "lint", *sys.argv[1:]])


if __name__ == "__main__":
    main()
