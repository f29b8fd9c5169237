"""`make bench`: what our code costs or saves, as ratios of measurements made in this run on this machine.

Absolute figures depend on the machine and say little; each row therefore sets two measurements against each other.
Nothing of the developer's checkout is touched: everything runs in copies, with servers of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.bench import policy, runtime, toolkit
from tests.bench.rows import HEADER, Row, say

GROUPS: dict[str, Callable[[], Iterator[Row]]] = {
    "help": toolkit.help_rows,
    "deploy": toolkit.deploy_rows,
    "runtime": runtime.rows,
    "policy": policy.rows,
}


def main() -> int:
    """Measure, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=GROUPS, action="append", help="measure this group (repeatable)")
    wanted = parser.parse_args().only or list(GROUPS)
    rows = [say(row) for name in wanted for row in GROUPS[name]()]
    sys.stdout.write("\n".join(["", HEADER, *map(str, rows), ""]))
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
