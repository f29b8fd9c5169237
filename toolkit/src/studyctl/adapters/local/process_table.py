"""Which process is which: a process id is given away again, an id together with its birth is not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROC = Path("/proc")
_ZOMBIE = "Z"


@dataclass(frozen=True)
class ProcessIdentity:
    """One process for good. `born` is when it began in this system's own words, compared and never read."""

    pid: int
    born: str


def identify(pid: int) -> ProcessIdentity | None:
    """The process that has this id now; None when there is none, or only its exit code is left."""
    found = _from_proc(pid) if _has_proc() else _from_ps(pid)
    return None if found is None or found.state.startswith(_ZOMBIE) else ProcessIdentity(pid, found.born)


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether exactly this process still runs."""
    return identify(identity.pid) == identity


def session_of(leader: int) -> frozenset[int]:
    """The living processes of the session that `leader` began; it need not live itself."""
    if _has_proc():
        candidates = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
        found = [(pid, entry) for pid in candidates if (entry := _from_proc(pid)) is not None]
    else:
        found = _all_from_ps()
    return frozenset(pid for pid, entry in found if entry.session == leader and not entry.state.startswith(_ZOMBIE))


@dataclass(frozen=True)
class _Entry:
    state: str
    session: int
    born: str


def _has_proc() -> bool:
    return sys.platform.startswith("linux")


def _from_proc(pid: int) -> _Entry | None:
    try:
        content = (PROC / str(pid) / "stat").read_text("utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return _parse_stat(content, _boot_id())


def _parse_stat(content: str, boot_id: str) -> _Entry:
    """Fields as in proc(5). The second, the name, may hold spaces and parentheses, so count from its end."""
    after_name = content.rpartition(")")[2].split()
    return _Entry(state=after_name[0], session=int(after_name[3]), born=f"{boot_id}/{after_name[19]}")


@cache
def _boot_id() -> str:
    """Start times count from the boot: another boot makes another time of the same number."""
    return (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()


def _from_ps(pid: int) -> _Entry | None:
    return dict(_parse_ps(_ps("-p", str(pid)))).get(pid)


def _all_from_ps() -> list[tuple[int, _Entry]]:
    return _parse_ps(_ps("-ax"))


def _ps(*selection: str) -> str:
    # where there is no /proc there is no session id in ps either; whoever began a session leads its group
    command = ["ps", *selection, "-o", "pid=,pgid=,state=,lstart="]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}).stdout


def _parse_ps(output: str) -> list[tuple[int, _Entry]]:
    rows = [line.split(maxsplit=3) for line in output.splitlines()]
    return [(int(pid), _Entry(state, int(group), born.strip())) for pid, group, state, born in rows]
