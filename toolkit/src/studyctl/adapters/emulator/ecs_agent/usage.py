"""CPU and memory of tasks, from the process table. Linux only: elsewhere nothing is known, and nothing is written."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_SESSION_FIELD, _USER_TIME_FIELD, _SYSTEM_TIME_FIELD, _RESIDENT_FIELD = 3, 11, 12, 21
_MIB = 1024 * 1024
_SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Consumption:
    """What all processes of a session have used: CPU since they began, memory now."""

    cpu_seconds: float = 0.0
    memory_mib: float = 0.0


def consumption_by_session(sessions: Collection[int]) -> Mapping[int, Consumption]:
    """These sessions, by the process that began them; empty where /proc is not."""
    if not sys.platform.startswith("linux"):
        return {}
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found: dict[int, Consumption] = {}
    for entry in os.scandir(PROC):
        fields = _fields(PROC / entry.name) if entry.name.isdigit() else []
        if not fields or (session := int(fields[_SESSION_FIELD])) not in sessions:
            continue
        known = found.get(session, Consumption())
        seconds = (int(fields[_USER_TIME_FIELD]) + int(fields[_SYSTEM_TIME_FIELD])) / ticks
        memory = _memory_mib(PROC / entry.name, resident_mib=int(fields[_RESIDENT_FIELD]) * page / _MIB)
        found[session] = Consumption(known.cpu_seconds + seconds, known.memory_mib + memory)
    return found


def cpu_percent(before: Consumption, now: Consumption, *, seconds: float, cpu_units: int) -> float:
    """The share of what a task may use. A process that ended takes its seconds along: that is not less than nothing."""
    used = max(0.0, now.cpu_seconds - before.cpu_seconds)
    return min(100.0, 100 * used / seconds / (cpu_units / 1024)) if seconds > 0 else 0.0


def memory_percent(now: Consumption, *, memory_mib: int) -> float:
    """The share of what a task may use."""
    return 100 * now.memory_mib / memory_mib


def _fields(process: Path) -> list[str]:
    """As in proc(5), counted from the end of the name, which may hold spaces."""
    try:
        return (process / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _memory_mib(process: Path, *, resident_mib: float) -> float:
    """A page that several processes share counts once, as in a container."""
    try:
        share = _SHARE.search((process / "smaps_rollup").read_text("ascii"))
    except OSError:
        return resident_mib
    return int(share[1]) / 1024 if share else resident_mib
