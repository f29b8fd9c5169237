from __future__ import annotations

import pytest
from tests.support.debian_tools import find_tool


@pytest.fixture(scope="session")
def promtool() -> str:
    return find_tool("promtool", package="prometheus")


@pytest.fixture(scope="session")
def amtool() -> str:
    return find_tool("amtool", package="prometheus-alertmanager")
