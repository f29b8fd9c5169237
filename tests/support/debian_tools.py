"""Programs that no wheel brings and Debian does."""

from __future__ import annotations

import os
import shutil

import pytest


def find_tool(name: str, *, package: str) -> str:
    """Where a program is. Without it a test is skipped; in CI, which installs it (.ci/run), the test fails."""
    found = shutil.which(name)
    if found is not None:
        return found
    reason = f"{name} is not on PATH; it is in Debian's package {package}: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
