"""`python -m studyctl.adapters.local.load_balancer`: the balancer in the foreground."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from studyctl.adapters.local.load_balancer.process import run


def main() -> None:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m studyctl.adapters.local.load_balancer", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="routes and access log")
    parser.add_argument("--port", type=int, required=True, help="for clients")
    parser.add_argument("--control-port", type=int, required=True, help="for whoever sets the routes")
    options = parser.parse_args()
    asyncio.run(run(options.folder, port=options.port, control_port=options.control_port))


if __name__ == "__main__":
    main()
