"""Stand-ins for the actions of others. One not in the table, or given an input it does not know, is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.pipeline.expressions import NotUnderstood
from tests.support.pipeline.hosting import Event, GitHub, NotTrusted

COMMITTED_AT = 1_000_000_000
"""When the files of a checkout were changed, for make: the runner's toolkit is newer, so `make setup` finds it made."""


@dataclass(frozen=True)
class Call:
    """An action as a job uses it."""

    github: GitHub
    event: Event
    run_id: int
    workspace: Path
    environment: str
    permissions: Mapping[str, str]
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Done:
    """What came of it: variables for the steps after it, why it failed (empty: it did not), and what it hands on."""

    variables: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


def call_action(name: str, call: Call) -> Done:
    """Do what the action would do.

    Raises:
        NotUnderstood: an action or an input that no stand-in is written for.
    """
    if name not in _ACTIONS:
        raise NotUnderstood(f"the action {name}")
    known, act = _ACTIONS[name]
    if unknown := set(call.inputs) - known:
        raise NotUnderstood(f"{name} is given {', '.join(sorted(unknown))}")
    return act(call)


def _checkout(call: Call) -> Done:
    if call.permissions.get("contents") not in {"read", "write"}:
        return Done(failure="the token may not read the repository")
    depth = call.inputs.get("fetch-depth", "1")
    git = ["git", "-C", str(call.workspace)]
    origin = call.github.origin.as_uri()
    for command in (
        ["git", "init", "--quiet", str(call.workspace)],
        [*git, "fetch", "--quiet", *([] if depth == "0" else ["--depth", depth]), origin, call.event.sha],
        [*git, "checkout", "--quiet", "--detach", "FETCH_HEAD"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    for path in call.workspace.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            os.utime(path, (COMMITTED_AT, COMMITTED_AT))
    subprocess.run([*git, "update-index", "-q", "--refresh"], check=True, capture_output=True)
    call.github.equip(call.workspace)
    return Done()


def _enter_account(call: Call) -> Done:
    if call.permissions.get("id-token") != "write":
        return Done(failure="the job may not ask for a token")
    role = call.inputs["role-to-assume"]
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    if account not in call.inputs["allowed-account-ids"].split(","):
        return Done(failure=f"The account ID {account} of the provided credentials is not in the allowed ones")
    claims = call.github.claims(call.event, call.environment)
    try:
        credentials = call.github.account.enter(role, claims, f"run-{call.run_id}")
    except NotTrusted as refused:
        return Done(failure=str(refused))
    region = call.inputs["aws-region"]
    is_handed_on = call.inputs.get("output-credentials", "false") == "true"
    outputs = {name.lower().replace("_", "-"): value for name, value in credentials.items()} if is_handed_on else {}
    if call.inputs.get("output-env-credentials", "true") == "false":
        return Done(outputs=outputs)
    return Done({"AWS_REGION": region, "AWS_DEFAULT_REGION": region, **credentials}, outputs=outputs)


def _upload(call: Call) -> Done:
    into = call.github.artifacts(call.run_id) / call.inputs["name"]
    found = [call.workspace / name for name in call.inputs["path"].split() if (call.workspace / name).is_file()]
    if not found:
        is_error = call.inputs.get("if-no-files-found", "warn") == "error"
        return Done(failure="no files were found" if is_error else "")
    if into.exists():
        return Done(failure=f"an artifact with the name {into.name} is there already")
    into.mkdir(parents=True)
    for path in found:
        shutil.copyfile(path, into / path.name)
    return Done()


def _download(call: Call) -> Done:
    kept = call.github.artifacts(call.run_id)
    pattern = call.inputs.get("name") or call.inputs["pattern"]
    found = sorted(kept.glob(pattern)) if kept.exists() else []
    if not found and "name" in call.inputs:
        return Done(failure=f"Artifact not found for name: {pattern}")
    if "name" not in call.inputs and call.inputs.get("merge-multiple") != "true":
        raise NotUnderstood("a download into a folder for each artifact")
    for folder in found:
        for path in folder.iterdir():
            shutil.copyfile(path, call.workspace / path.name)
    return Done()


_ACTIONS: Mapping[str, tuple[frozenset[str], Callable[[Call], Done]]] = {
    "actions/checkout": (frozenset({"persist-credentials", "fetch-depth"}), _checkout),
    "actions/setup-python": (frozenset({"python-version"}), lambda _: Done()),
    "aws-actions/configure-aws-credentials": (
        frozenset({"allowed-account-ids", "aws-region", "role-to-assume", "role-duration-seconds"})
        | {"output-credentials", "output-env-credentials"},
        _enter_account,
    ),
    "actions/upload-artifact": (frozenset({"name", "path", "if-no-files-found", "retention-days"}), _upload),
    "actions/download-artifact": (frozenset({"name", "pattern", "merge-multiple"}), _download),
}
