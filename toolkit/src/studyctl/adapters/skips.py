"""Finds `#checkov:skip=ID:reason` in terraform code, with the resource that it stands at, and in workflows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.waivers import Skip

_BLOCK = re.compile(r'(?P<kind>resource|data|module) "(?P<first>[^"]+)"(?: "(?P<second>[^"]+)")? \{')
_SKIP = re.compile(r"#\s*checkov:skip=(?P<rule>[A-Z0-9_]+)(?::(?P<reason>.*))?")


def skips_in(root: Path, folders: Iterable[str]) -> Iterator[Skip]:
    """Yield every suppression in the code of some folders below a root, which places are told from."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.tf")):
            if ".terraform" not in path.parts:
                yield from _in_file(path, root)
        for path in sorted((root / folder).glob("workflows/*.y*ml")):
            shown = _shown(path, root)
            for number, line in enumerate(_lines(path), start=1):
                if skip := _SKIP.search(line):
                    place = Position(shown, number, skip.start() + 1)
                    yield Skip(skip["rule"], shown, (skip["reason"] or "").strip(), place)


def _in_file(path: Path, root: Path) -> Iterator[Skip]:
    shown = _shown(path, root)
    address = ""
    for number, line in enumerate(_lines(path), start=1):
        if block := _BLOCK.match(line):
            kind = block["kind"] if block["kind"] != "resource" else ""
            address = ".".join(filter(None, (kind, block["first"], block["second"] or "")))
        if skip := _SKIP.search(line):
            where = f"{PurePosixPath(shown).parent} {address}"
            reason = (skip["reason"] or "").strip()
            yield Skip(skip["rule"], where, reason, Position(shown, number, skip.start() + 1))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file; of one that nobody can read, none: that nothing looked at it is checkov's to say."""
    try:
        return path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    except OSError:
        return []


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
