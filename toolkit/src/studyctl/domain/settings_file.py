"""Settings as a file of NAME=value lines, which a shell and every dotenv library read as the same values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from studyctl.errors import UsageError

_BARE = re.compile(r"[A-Za-z0-9_./:@%+=,-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNWRITABLE = frozenset("'\\\r\n\0")
"""Where shells and dotenv libraries disagree, in quotes as well."""


def render(settings: Mapping[str, str], heading: Iterable[str] = ()) -> str:
    """The file's text, in the order of the settings.

    Raises:
        UsageError: a value cannot be written so that everybody reads it the same.
    """
    lines = [f"# {line}" for line in heading]
    lines += [f"{name}={_quoted(name, value)}" for name, value in settings.items()]
    return "\n".join([*lines, ""])


def _quoted(name: str, value: str) -> str:
    if not _NAME.fullmatch(name) or _UNWRITABLE & set(value):
        raise UsageError(
            f"the setting {name} cannot be written to a file",
            why="It has a quote, a backslash or a line break, which shells and programs read differently.",
            hint="Give it another value.",
        )
    return value if _BARE.fullmatch(value) else f"'{value}'"
