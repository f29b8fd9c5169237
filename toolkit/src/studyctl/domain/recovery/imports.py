"""The import blocks that a recovery writes, and which of them terraform's errors speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from studyctl.domain.events import Diagnostic

IMPORTS_FILE = "imports.tf"
_LINES_PER_IMPORT = 4
_MISSING = re.compile(
    r"non-existent|not ?found|couldn't find|could not find|does ?n[o']t exist|no ?such|empty result|NonExistent",
    re.IGNORECASE,
)


def imports_text(imports: Mapping[str, str]) -> str:
    """Write import blocks, one in four lines, in the order of `imports`."""
    return "".join(
        f"import {{\n  to = {address}\n  id = {_quoted(identity)}\n}}\n" for address, identity in imports.items()
    )


def blamed(errors: Iterable[Diagnostic], imports: Mapping[str, str]) -> Mapping[str, Diagnostic]:
    """Return the imports that a failed plan speaks of, each with the error that does."""
    addresses = tuple(imports)
    found: dict[str, Diagnostic] = {}
    for error in errors:
        for address in _blamed_by(error, addresses):
            found.setdefault(address, error)
    return found


def says_missing(error: Diagnostic) -> bool:
    """Whether an import failed because there is nothing to import."""
    return _MISSING.search(error.text) is not None


def _blamed_by(error: Diagnostic, addresses: Sequence[str]) -> Iterator[str]:
    if error.address in addresses:
        yield error.address
        return
    if Path(error.filename).name == IMPORTS_FILE and error.line:
        number = (error.line - 1) // _LINES_PER_IMPORT
        if number < len(addresses):
            yield addresses[number]
        return
    text = error.text.replace('\\"', '"')
    for address in addresses:
        if re.search(rf"(?<![\w.\]-]){re.escape(address)}(?![\w.\[-])", text):
            yield address


def _quoted(value: str) -> str:
    """Write a string for HCL, where `${` and `%{` begin something else."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
