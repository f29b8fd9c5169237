"""Finds what can be judged: policies in folders, plans, and folders of terraform code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.domain.policy.json_text import MAX_CHARACTERS
from studyctl.errors import UsageError
from studyctl.usecases.lint import PlanDocument
from studyctl.usecases.lint_policies import PolicyText

_LEFT_OUT = frozenset({".terraform", ".build", ".git", ".venv", "node_modules", "__pycache__", ".mypy_cache"})
_MARKS = (b'"Statement"', '"Statement"'.encode("utf-16-le"), '"Statement"'.encode("utf-16-be"))
MAX_PLAN_BYTES = 1 << 30


@dataclass
class Sources:
    """What was found. `folders` are told from the root, as places of findings are."""

    policies: list[PolicyText] = field(default_factory=list)
    plans: list[PlanDocument] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def find_sources(paths: Sequence[Path], plans: Sequence[Path], root: Path) -> Sources:
    """Return everything below some paths that can be judged, and the plans.

    Raises:
        UsageError: a path does not exist, or a plan is none.
    """
    found = Sources()
    for path in paths:
        if path.is_dir():
            _in_folder(path, root, found)
        elif path.is_file():
            _in_file(path, root, found)
        else:
            raise UsageError(f"there is no {path}", hint="Name files or folders that exist.")
    found.plans.extend(read_plan(path) for path in plans)
    return found


def read_plan(path: Path) -> PlanDocument:
    """Return a plan from the JSON that `terraform show -json` writes.

    Raises:
        UsageError: it cannot be read, or is no plan.
    """
    try:
        document = json.loads(_content(path, MAX_PLAN_BYTES))
    except ValueError as error:
        raise _no_plan(path, str(error)) from None
    if not _is_plan(document):
        raise _no_plan(path, "it has no planned_values")
    return PlanDocument(str(path), document, str(path.resolve()))


def _in_folder(path: Path, root: Path, found: Sources) -> None:
    has_code = False
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        has_code = has_code or any(name.endswith(".tf") for name in files)
        for name in sorted(files):
            if name.endswith(".json"):
                file = Path(folder, name)
                content = _content(file, MAX_CHARACTERS + 1)
                if any(mark in content for mark in _MARKS):
                    found.policies.append(PolicyText(_shown(file, root), content))
    if has_code:
        found.folders.append(_shown(path, root))


def _in_file(path: Path, root: Path, found: Sources) -> None:
    if path.suffix == ".tf":
        found.folders.append(_shown(path.parent, root))
        return
    content = _content(path, MAX_PLAN_BYTES)
    if b'"planned_values"' in content:
        found.plans.append(read_plan(path))
    else:
        found.policies.append(PolicyText(_shown(path, root), content))


def _content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=f"Look at it with: ls -l {path}") from error


def _is_plan(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("planned_values"), dict)


def _no_plan(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not a plan",
        why=why,
        hint="Write one with: terraform show -json PLAN > plan.json",
    )


def _shown(path: Path, root: Path) -> str:
    real = path.resolve()
    return real.relative_to(root).as_posix() if real.is_relative_to(root) else path.as_posix()


def default_paths(root: Path) -> Iterator[Path]:
    """Yield what a checkout of ours has to judge, else the folder itself."""
    own = [root / name for name in ("terraform", "infra", "iam-policies") if (root / name).is_dir()]
    yield from own or [root]
