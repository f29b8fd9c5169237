"""Write the generated counts of environments anew: `python -m tests.composition.regenerate dev`.

The diff is what a review looks at; expectations that people wrote are never touched.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.composition.inventory import counts_file, counts_text
from tests.support.checkout import REPOSITORY
from tests.support.plans import Planner

from studyctl.adapters.emulator import process
from studyctl.adapters.specs import SpecFiles


def main(names: list[str]) -> None:
    """Plan each environment, or all, on an emulator that lives only for this."""
    with tempfile.TemporaryDirectory(prefix="composition-") as scratch:
        state_dir = Path(scratch) / "emulator"
        endpoint = process.start(state_dir)
        try:
            planner = Planner(Path(scratch) / "checkout", endpoint)
            for name in names or SpecFiles(REPOSITORY).names():
                path = counts_file(name)
                path.write_text(counts_text(name, planner.plan(name)), "utf-8")
                sys.stdout.write(f"{path.relative_to(REPOSITORY)} written\n")
        finally:
            process.stop(state_dir)


if __name__ == "__main__":
    main(sys.argv[1:])
