"""`python -m studyctl.adapters.emulator`: the server in the foreground."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from studyctl.adapters.emulator import server


def main() -> int:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m studyctl.adapters.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state-dir", type=Path, required=True, help="endpoint file, log and locks")
    parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    return server.serve(options.state_dir, port=options.port, ready_fd=options.ready_fd)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    # moto's memory would be freed object by object for seconds, and there is nothing to save
    os._exit(code)
