"""How a module of this toolkit is started as a process of its own: the same interpreter, the same code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import studyctl


def command(module: str, *arguments: str) -> tuple[str, ...]:
    """What to run."""
    return (sys.executable, "-m", module, *arguments)


def environment() -> dict[str, str]:
    """What it needs to find this code, also when that runs from a checkout; its log is written line by line."""
    path = [str(Path(studyctl.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
