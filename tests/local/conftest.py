from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studyctl.adapters.local.program import Program
from studyctl.adapters.local.server import Server

PASSWORD = 'pässword with "quotes", a \\ and a space'  # noqa: S105


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place with a space in its name, as home folders have."""
    return tmp_path / "with a space"


@pytest.fixture
def server() -> Iterator[Callable[[Program], Server]]:
    """Servers that are erased when the test is over, however it ends."""
    made: list[Server] = []

    def make(program: Program) -> Server:
        made.append(Server(program))
        return made[-1]

    yield make
    for one in made:
        one.erase()
