"""Runs on disk: how a later command finds what an earlier one started; only this reads run.json and result.json."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studyctl.adapters.terraform.recorder import started_at
from studyctl.domain.run import RUN_ID_PATTERN, Operation, ProcessIdentity, RunRecord, RunResult, RunStatus
from studyctl.domain.workspace import Workspace

RUN_FILE = "run.json"
RESULT_FILE = "result.json"
REPORTED_MARK = "reported"
DOUBT_MARK = "doubt"
ORDER_FILE = "order.json"
KEPT_RUNS = 100
"""How many runs of an environment are kept on disk; what still needs attention is kept besides."""
START_SECONDS = 5.0
"""How long it may take from an order to a running terraform on a busy machine."""

_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")


def new_folder(workspace: Workspace, run_id: str, operation: Operation) -> Path:
    """Make the folder (0700) of one operation; a second plan in one run becomes `plan-2`."""
    if not _FOLDER_NAME.fullmatch(run_id):
        raise ValueError(f"{run_id!r} cannot name a folder")
    workspace.runs.mkdir(parents=True, exist_ok=True)
    parent = workspace.run_dir(run_id)
    if not parent.exists():
        prune(workspace)
    parent.mkdir(mode=0o700, exist_ok=True)
    number = 1
    while True:
        folder = parent / (operation.value if number == 1 else f"{operation.value}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder


def prune(workspace: Workspace, *, keep: int = KEPT_RUNS) -> tuple[str, ...]:
    """Remove the traces of old runs that nobody has to be told of any more; return their ids, oldest first."""
    names = {path.name.removesuffix(".jsonl") for path in workspace.runs.glob("*")}
    ended = sorted(name for name in names if RUN_ID_PATTERN.fullmatch(name))
    old = ended[: max(0, len(ended) - keep)]
    awaited = {record.run_id for record in find(workspace) if record.needs_attention} if old else set()
    removed = tuple(name for name in old if name not in awaited)
    for name in removed:
        shutil.rmtree(workspace.run_dir(name), ignore_errors=True)
        (workspace.runs / f"{name}.jsonl").unlink(missing_ok=True)
    return removed


def find(workspace: Workspace) -> tuple[RunRecord, ...]:
    """Return every operation that left a folder, oldest first."""
    return tuple(sorted(_found(workspace), key=lambda record: record.started_at))


def read(workspace: Workspace, folder: Path) -> RunRecord | None:
    """Return what one folder says; None where no operation was ever ordered."""
    run = _json(folder / RUN_FILE) or _json(folder / ORDER_FILE)
    try:
        operation = Operation(run.get("operation"))
    except ValueError:
        return None
    process = _process(run)
    result = read_result(folder)
    if result is not None:
        status = RunStatus.FINISHED
    else:
        is_running = is_alive(process) if process is not None else is_starting(run)
        status = RunStatus.RUNNING if is_running else RunStatus.LOST
    return RunRecord(
        run_id=folder.parent.name,
        environment=workspace.environment,
        operation=operation,
        argv=tuple(str(word) for word in run.get("argv", ())),
        started_at=float(run.get("started_at") or 0.0),
        folder=folder,
        process=process,
        status=status,
        result=result,
        is_reported=(folder / REPORTED_MARK).exists(),
        doubt=_text(folder / DOUBT_MARK),
    )


def read_process(folder: Path) -> ProcessIdentity | None:
    """Return terraform's process, once the recorder has started it."""
    return _process(_json(folder / RUN_FILE))


def read_result(folder: Path) -> RunResult | None:
    """Return how it ended, once it ended."""
    result = _json(folder / RESULT_FILE)
    if "exit_code" not in result:
        return None
    left = result.get("errored_state")
    return RunResult(
        exit_code=int(result["exit_code"]),
        signal=int(result.get("signal") or 0),
        finished_at=float(result.get("finished_at") or 0.0),
        errored_state=Path(left) if left else None,
    )


def mark_reported(folder: Path) -> None:
    """Remember that somebody was told how it went."""
    with contextlib.suppress(OSError):  # a full disk: the next command tells of it once more
        (folder / REPORTED_MARK).touch(mode=0o600)


def mark_doubtful(folder: Path, what: str) -> None:
    """Remember that nobody can say what it did; it stays unreported until it is recovered."""
    with contextlib.suppress(OSError):  # a full disk: the run is unreported all the same
        (folder / DOUBT_MARK).write_text(what, encoding="utf-8")


def last_sign_of_life(folder: Path) -> float:
    """Return when anything of a run was written last, in seconds since the epoch; 0.0 where nothing was."""
    names = (ORDER_FILE, RUN_FILE, RESULT_FILE, "stream.jsonl", "stderr.txt")
    return max((path.stat().st_mtime for name in names if (path := folder / name).exists()), default=0.0)


def is_starting(order: Mapping[str, Any]) -> bool:
    """Whether an order is so young that its process may not have been recorded yet."""
    return time.time() - float(order.get("started_at") or 0.0) < START_SECONDS


def read_order(folder: Path) -> Mapping[str, Any]:
    """Return what was ordered."""
    return _json(folder / ORDER_FILE)


def is_recorded(folder: Path) -> bool:
    """Whether the recorder of a run still lives, so that a result can still come."""
    run = _json(folder / RUN_FILE)
    if "recorder_pid" not in run:
        return False
    return is_alive(ProcessIdentity(int(run["recorder_pid"]), str(run.get("recorder_started", ""))))


def is_alive(process: ProcessIdentity) -> bool:
    """Whether that very process still runs, not another one that got its pid."""
    return bool(process.started) and started_at(process.pid) == process.started


def _found(workspace: Workspace) -> Iterator[RunRecord]:
    for folder in workspace.runs.glob("*/*/"):
        record = read(workspace, folder)
        if record is not None:
            yield record


def _process(run: dict[str, Any]) -> ProcessIdentity | None:
    return ProcessIdentity(int(run["pid"]), str(run.get("process_started", ""))) if "pid" in run else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
