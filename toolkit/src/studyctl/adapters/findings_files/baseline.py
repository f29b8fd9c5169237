"""What was there when somebody began to lint: findings that do not count, by their fingerprints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from studyctl.domain.policy.findings import Finding
from studyctl.errors import UsageError

FORMAT = 1


def read_baseline(path: Path) -> frozenset[str]:
    """Return the fingerprints of a baseline.

    Raises:
        UsageError: the file is no baseline.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        entries = content["findings"] if content["format"] == FORMAT else content["findings of another format"]
        return frozenset(str(entry["fingerprint"]) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a baseline: {error}",
            hint=f"Remove it, and write one with: studyctl lint --baseline {shlex.quote(str(path))}",
        ) from error


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write a baseline of findings; return how many."""
    entries = [
        {"fingerprint": one.fingerprint, "rule": one.rule, "where": one.where, "what": one.message} for one in findings
    ]
    content = {
        "format": FORMAT,
        "findings": sorted(entries, key=lambda entry: (entry["where"], entry["rule"], entry["what"])),
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return len(entries)
