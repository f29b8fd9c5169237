"""When `terraform init` has something to do; it is skipped when nothing it reads has changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from studyctl.adapters.terraform import lock_file
from studyctl.adapters.terraform.binary import Binary
from studyctl.domain.configuration import Configuration
from studyctl.domain.workspace import Workspace


def fingerprint(workspace: Workspace, configuration: Configuration, binary: Binary, cli_config: Path) -> str:
    """Return what an init depends on: lock file, backend, module sources, versions, binary, provider sources."""
    digest = hashlib.sha256()
    parts = (
        binary.fingerprint.encode(),
        str(workspace.root).encode(),
        configuration.init_digest.encode(),
        *(_content(path) for path in (workspace.root / lock_file.NAME, workspace.backend_config, cli_config)),
    )
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def is_done(workspace: Workspace, wanted: str) -> bool:
    """Whether the last init was for the same, and what it installed is still there."""
    try:
        stamp = json.loads(workspace.init_stamp.read_bytes())
        if stamp["fingerprint"] != wanted:
            return False
        return all((workspace.data_dir / relative).exists() for relative in stamp["installed"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remember(workspace: Workspace, done: str) -> None:
    """Note what was initialised and what must still exist for that to hold."""
    installed = [
        os.path.relpath(path, workspace.data_dir)
        for pattern in ("terraform.tfstate", "modules/modules.json", "providers/*/*/*/*/*")
        for path in workspace.data_dir.glob(pattern)
    ]
    scratch = workspace.init_stamp.with_suffix(".part")
    scratch.write_text(json.dumps({"fingerprint": done, "installed": installed}), encoding="utf-8")
    scratch.replace(workspace.init_stamp)


def forget(workspace: Workspace) -> None:
    """Make the next init run."""
    workspace.init_stamp.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Let one init at a time use the provider cache; terraform does not lock it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
