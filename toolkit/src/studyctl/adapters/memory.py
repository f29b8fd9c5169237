"""How much memory this machine can still give, in MiB."""

from __future__ import annotations

from pathlib import Path

MEMINFO = Path("/proc/meminfo")
FALLBACK_MIB = 4096
"""Where the system does not say (macOS): enough for two plans, which any machine that runs terraform has."""


def available_mib() -> int:
    """MiB that new processes can use without swapping."""
    try:
        for line in MEMINFO.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    except (OSError, ValueError):
        pass
    return FALLBACK_MIB
