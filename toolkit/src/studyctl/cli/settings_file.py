"""Defaults from `studyctl.toml` beside the environments: the last word before the built-in defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studyctl.errors import UsageError

FILE_NAME = "studyctl.toml"
KEYS = frozenset({"target", "as_json", "no_input", "no_color", "quiet", "verbose", "lock_timeout"})


def read_defaults(folder: Path | None = None) -> dict[str, Any]:
    """Option defaults by name, `json` standing for `--json`. No file, no defaults.

    Raises:
        UsageError: the file is not TOML or names an option that has no default there.
    """
    path = (folder or Path.cwd()) / FILE_NAME
    if not path.is_file():
        return {}
    import tomllib  # noqa: PLC0415  read only when the file exists

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise UsageError(f"{path} is not TOML: {broken}", hint="Mend the file or remove it.") from broken
    defaults = {key.replace("-", "_"): value for key, value in values.items()}
    if "json" in defaults:
        defaults["as_json"] = defaults.pop("json")
    if unknown := sorted(set(defaults) - KEYS):
        raise UsageError(
            f"{path} sets {', '.join(unknown)}, which no option of studyctl takes from a file",
            hint=f"It may set: {', '.join(sorted(key.replace('as_json', 'json') for key in KEYS))}.",
        )
    return defaults
