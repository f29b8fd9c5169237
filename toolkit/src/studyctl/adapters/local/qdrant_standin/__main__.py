"""`python -m studyctl.adapters.local.qdrant_standin`: the stand-in in the foreground. The key is in the environment."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from pathlib import Path

from studyctl.adapters.local.qdrant import KEY_VARIABLE
from studyctl.adapters.local.qdrant_standin.collections import Collections
from studyctl.adapters.local.qdrant_standin.server import QdrantServer, StandIn

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


def main() -> None:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m studyctl.adapters.local.qdrant_standin", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="a folder for the collections")
    parser.add_argument("--volume-bytes", type=int, help="how much the folder may hold; default: what the disk has")
    parser.add_argument("--delay-seconds", type=float, default=0.0, help="how long each answer is held back")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname).1s %(message)s")
    # blocked before any thread exists, so that only sigwait below ever sees them
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    collections = Collections(options.data, options.volume_bytes)
    server = QdrantServer(options.port, StandIn(collections, os.environ.get(KEY_VARIABLE), options.delay_seconds))
    threading.Thread(target=server.serve_forever, args=(0.1,), name="serve", daemon=True).start()
    signal.sigwait(STOP_SIGNALS)
    server.shutdown()
    collections.close()


if __name__ == "__main__":
    main()
