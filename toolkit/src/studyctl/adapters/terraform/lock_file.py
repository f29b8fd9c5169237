"""The committed `.terraform.lock.hcl`: which provider versions a root insists on.

One `h1:` hash for each platform is enough for an unpacked mirror and for the registry alike: it is computed from the
unpacked content, which both give. The `zh:` hashes are of the registry's archives; they let a platform pass whose `h1:`
is not listed. With `-lockfile=readonly` terraform accepts a file that lacks hashes it could add (it warns) but neither
another version nor content that no hash names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from studyctl.errors import PreflightFailed

NAME = ".terraform.lock.hcl"

_BLOCK = re.compile(r'^provider\s+"([^"\n]+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"\n]+)"', re.MULTILINE)


def locked_versions(root: Path) -> Mapping[str, str]:
    """Return the version of each locked provider by its address; nothing where there is no lock file."""
    try:
        text = (root / NAME).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found = {address: _VERSION.search(body) for address, body in _BLOCK.findall(text)}
    return {address: version.group(1) for address, version in found.items() if version is not None}


def require(root: Path, sources: Iterable[str]) -> None:
    """Refuse a lock file that does not name every provider; terraform says so only after hashing them all.

    Raises:
        PreflightFailed: it is missing, empty, or lacks a provider.
    """
    locked = {address.partition("/")[2] for address in locked_versions(root)}
    named = {source.partition("/")[2] if source.count("/") > 1 else source for source in sources}
    missing = sorted(source for source in named - locked if not source.startswith("builtin/"))
    if missing:
        raise PreflightFailed(
            f"{root / NAME} does not lock {', '.join(missing)}",
            why="Without a locked version and its hashes, anything could be installed and given the deploy's rights.",
            hint=f"Restore it with: git checkout -- {NAME}; for a new provider: terraform providers lock",
        )
