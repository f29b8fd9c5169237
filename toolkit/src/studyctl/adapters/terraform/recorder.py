"""The process between the toolkit and terraform: it outlives the toolkit and records how terraform ended.

Run as a file by `python -I -S recorder.py`, with the order on stdin; it imports only the standard library, so it starts
fast. Terraform writes into files, never into a pipe that could lose its reader. SIGINT and SIGTERM do not end the
recorder, and SIGHUP is ignored by it and, because that is inherited, by terraform and its providers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

ERRORED_STATE = "errored.tfstate"
"""Terraform writes this into its working folder when it cannot store its state."""


def started_at(pid: int) -> str:
    """Return the start time of a process as its platform tells it; empty when it is not running."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - pathlib costs 10 ms
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        if os.path.exists("/proc/self/stat"):  # noqa: PTH110 - as above
            return ""
        listing = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return " ".join(listing.stdout.split())
    return "" if fields[0] in "ZX" else fields[19]


def write_json(path: str, value: object) -> bool:
    """Write all of a file or none of it, 0600; a full disk must not stop the wait for terraform."""
    scratch = f"{path}.part"
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(scratch, path)  # noqa: PTH105 - as above
    except OSError:
        return False
    return True


def rescue_state(root: str, folder: str, since: float) -> str | None:
    """Move the state that terraform could not store out of its working folder; return where it is now."""
    left, kept = f"{root}/{ERRORED_STATE}", f"{folder}/{ERRORED_STATE}"
    try:
        if os.stat(left).st_mtime < since - 1:  # noqa: PTH116 - as above
            return None
        os.chmod(left, 0o600)  # noqa: PTH101 - as above
    except OSError:
        return None
    try:
        os.replace(left, kept)  # noqa: PTH105 - as above
    except OSError:
        return left
    return kept


def record(order: dict[str, str | list[str]]) -> int:
    """Run what `order` says, write run.json when it runs and result.json when it ended; return its exit code."""
    folder, root = str(order["folder"]), str(order["cwd"])
    for ended_by in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ended_by, lambda *_: None)  # a handler, unlike SIG_IGN, is not inherited
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o077)
    since = time.time()
    with open(f"{folder}/stream.jsonl", "ab") as stream, open(f"{folder}/stderr.txt", "ab") as errors:  # noqa: PTH123
        try:
            terraform = subprocess.Popen(
                order["argv"], cwd=root, stdin=subprocess.DEVNULL, stdout=stream, stderr=errors
            )
        except OSError as error:
            errors.write(f"{order['argv'][0]}: {error.strerror}\n".encode())
            write_json(f"{folder}/result.json", {"exit_code": 127, "signal": 0, "finished_at": time.time()})
            return 127
    run = {"pid": terraform.pid, "process_started": started_at(terraform.pid)}
    me = {"recorder_pid": os.getpid(), "recorder_started": started_at(os.getpid())}
    write_json(f"{folder}/run.json", {**order, **run, **me, "started_at": since})
    code = terraform.wait()
    exit_code = code if code >= 0 else 128 - code
    result = {"exit_code": exit_code, "signal": max(0, -code), "finished_at": time.time()}
    write_json(f"{folder}/result.json", {**result, "errored_state": rescue_state(root, folder, since)})
    return exit_code


if __name__ == "__main__":
    sys.exit(record(json.load(sys.stdin)))
