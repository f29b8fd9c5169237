"""Finds what can be judged: policies in folders, plans, and folders of terraform code."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyctl.domain.policy.json_text import MAX_CHARACTERS
from studyctl.domain.policy.problems import Position, Problem, ProblemKind
from studyctl.domain.policy.rules.subjects import Unreadable
from studyctl.errors import UsageError
from studyctl.usecases.lint import PlanDocument
from studyctl.usecases.lint_policies import PolicyText

_LEFT_OUT = frozenset({".terraform", ".build", ".git", ".venv", "node_modules", "__pycache__", ".mypy_cache"})
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_MARKS = tuple('"Statement"'.encode(encoding) for encoding in _ENCODINGS)
_PLAN_MARKS = (b'"planned_values"', b'"format_version"')
_ESCAPED_LETTER = re.compile(rb"\\u00([4-7][0-9a-fA-F])")
MAX_PLAN_BYTES = 1 << 30
_PART, _OVERLAP = 1 << 20, 128


@dataclass
class Sources:
    """What was found. `folders` are told from the root, as places of findings are.

    `unreadable` is what a folder holds and nobody could look at.
    """

    policies: list[PolicyText] = field(default_factory=list)
    plans: list[PlanDocument] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def find_sources(paths: Sequence[Path], plans: Sequence[Path], root: Path) -> Sources:
    """Return everything below some paths that can be judged, and the plans.

    Raises:
        UsageError: a path does not exist, or a plan is none.
    """
    found = Sources()
    for path in paths:
        kind = _kind(path)
        if stat.S_ISDIR(kind):
            _in_folder(path, root, found)
        elif stat.S_ISREG(kind):
            _in_file(path, root, found)
        else:
            raise UsageError(f"{path} is no file and no folder", hint="Name files or folders.")
    found.plans.extend(read_plan(path, root) for path in plans)
    return found


def _kind(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise UsageError(f"there is no {path}", hint="Name files or folders that exist.") from None
    except OSError as error:
        raise _not_read(path, error) from error


def read_plan(path: Path, root: Path) -> PlanDocument:
    """Return a plan from the JSON that `terraform show -json` writes.

    Raises:
        UsageError: it cannot be read, or is no plan.
    """
    try:
        document = json.loads(_content(path, MAX_PLAN_BYTES))
    except ValueError as error:
        raise _no_plan(path, str(error)) from None
    except RecursionError:
        raise _no_plan(path, "its values nest too deep to be one") from None
    if not _is_plan(document):
        raise _no_plan(path, "it has no planned_values")
    return PlanDocument(_shown(path, root), document, str(path.resolve()))


def _in_folder(path: Path, root: Path, found: Sources) -> None:
    """Add what a folder holds. What cannot be read is kept with the reason: the rest is judged all the same."""
    has_code = False

    def keep(error: OSError) -> None:
        found.unreadable.append(_unreadable(Path(error.filename), root, f"it cannot be read: {error.strerror}"))

    for folder, names, files in os.walk(path, onerror=keep):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT)
        has_code = has_code or any(name.endswith(".tf") for name in files)
        for name in sorted(files):
            if name.lower().endswith(".json"):
                try:
                    _in_json(Path(folder, name), root, found)
                except OSError as error:
                    keep(error)
    if has_code:
        found.folders.append(_shown(path, root))


def _in_json(file: Path, root: Path, found: Sources) -> None:
    if not stat.S_ISREG(file.stat().st_mode):  # to open a pipe would wait for whoever writes to it
        found.unreadable.append(_unreadable(file, root, "it is no regular file"))
        return
    if file.name.lower().endswith(".tf.json"):
        found.unreadable.append(
            _unreadable(file, root, "terraform's code in JSON is read by nobody here; lint its plan")
        )
        return
    with file.open("rb") as opened:
        content = opened.read(MAX_CHARACTERS + 1)
    if all(mark in content for mark in _PLAN_MARKS):
        try:
            found.plans.append(read_plan(file, root))
        except UsageError as error:
            found.unreadable.append(_unreadable(file, root, f"it looks like a plan and is none: {error.why}"))
    elif _names_statements(content) or (len(content) > MAX_CHARACTERS and _names_statements_later(file)):
        found.policies.append(PolicyText(_shown(file, root), content))


def _names_statements(content: bytes) -> bool:
    """Whether a text has the key that every policy has, however it is encoded."""
    if any(mark in content for mark in _MARKS):
        return True
    if b"\\u00" not in content:
        return False
    return _MARKS[0] in _ESCAPED_LETTER.sub(lambda code: bytes.fromhex(code[1].decode()), content)


def _names_statements_later(file: Path) -> bool:
    """The same of what follows in a file that is too large for a policy: it is one all the same."""
    before = b""
    with file.open("rb") as opened:
        opened.seek(MAX_CHARACTERS - _OVERLAP)
        while part := opened.read(_PART):
            if _names_statements(before + part):
                return True
            before = part[-_OVERLAP:]
    return False


def _in_file(path: Path, root: Path, found: Sources) -> None:
    if path.suffix == ".tf":
        found.folders.append(_shown(path.parent, root))
        return
    content = _content(path, MAX_PLAN_BYTES)
    if b'"planned_values"' in content:
        found.plans.append(read_plan(path, root))
    else:
        found.policies.append(PolicyText(_shown(path, root), content))


def _content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise _not_read(path, error) from error


def _not_read(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be read: {error.strerror}", hint=f"Look at it with: ls -ld {shlex.quote(str(path))}"
    )


def _unreadable(path: Path, root: Path, why: str) -> Unreadable:
    place = _below(_named(path), root)
    return Unreadable(place, (Problem(ProblemKind.SYNTAX, why, Position(place)),))


def _is_plan(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("planned_values"), dict)


def _no_plan(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not a plan",
        why=why,
        hint="Write one with: terraform show -json PLAN > plan.json",
    )


def _shown(path: Path, root: Path) -> str:
    """Return a path from the root, or a whole one outside of it: whoever runs elsewhere must find it too."""
    real, named = path.resolve(), _named(path)
    return _below(named if named.is_relative_to(root) and not real.is_relative_to(root) else real, root)


def _named(path: Path) -> Path:
    """Return where a path is, without following it where it is a link itself."""
    return path.parent.resolve() / path.name


def _below(path: Path, root: Path) -> str:
    """Return a path as text that can be printed, whatever bytes its names are of."""
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return os.fsencode(shown.as_posix()).decode("utf-8", "backslashreplace")


def default_paths(root: Path) -> Iterator[Path]:
    """Yield what a checkout of ours has to judge, else the folder itself.

    A repository that is not ours may have one of these folders, the one with the waivers first of all, and policies
    elsewhere.
    """
    own = [root / name for name in ("terraform", "infra", "iam-policies")]
    yield from own if all(folder.is_dir() for folder in own) else [root]
