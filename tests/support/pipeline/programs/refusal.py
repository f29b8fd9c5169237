"""How a stand-in says that it was called in a way that nobody wrote down."""

from __future__ import annotations

import sys
from typing import NoReturn

NOT_UNDERSTOOD = 90


def refuse(program: str, words: list[str]) -> NoReturn:
    """End, naming the call."""
    sys.stderr.write(f"the stand-in for {program} does not know: {' '.join(words)}\n")
    sys.exit(NOT_UNDERSTOOD)
