"""Peers run in an environment of their own (requirements/bench.txt): nothing of theirs is installed beside us."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = REPOSITORY / ".build" / "bench" / "bin" / "python"


def peer(script: str, *arguments: str) -> dict[str, float]:
    """Run a peer's script and return what it measured."""
    command = [str(PYTHON), str(Path(__file__).parent / "peers" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} ended with {done.returncode}\n{done.stderr[-4000:]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured
