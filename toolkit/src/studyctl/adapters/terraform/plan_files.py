"""Saved plans: they hold secrets in plain text and terraform does not notice when one was changed."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from studyctl.domain.outcome import PlanFile
from studyctl.errors import PreflightFailed, StalePlan


def prepare(path: Path) -> None:
    """Make the folder of a plan (0700) and remove an older plan."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def seal(path: Path, environment: str) -> PlanFile:
    """Close a plan to others (0600) and take its fingerprint.

    Raises:
        PreflightFailed: it is missing, empty or cut short; terraform reports success even when the disk is full.
    """
    try:
        path.chmod(0o600)
        content = path.read_bytes()
    except OSError:
        content = b""
    if not content or not zipfile.is_zipfile(path):
        path.unlink(missing_ok=True)
        raise PreflightFailed(
            f"the plan for {environment} could not be written",
            why=f"{path} is {'cut short' if content else 'empty'}; the disk is probably full.",
            hint="Make room and plan again.",
        )
    return PlanFile(path, hashlib.sha256(content).hexdigest(), len(content))


def verify(plan: PlanFile, environment: str) -> None:
    """Refuse a plan that is not what was sealed, before terraform sees it.

    Raises:
        StalePlan: it is missing or was changed.
    """
    try:
        content = plan.path.read_bytes()
    except OSError as error:
        raise StalePlan(
            f"the plan {plan.path} cannot be read ({error.strerror})",
            hint=f"Make a new one with: studyctl plan {environment}",
        ) from error
    if hashlib.sha256(content).hexdigest() != plan.sha256:
        raise StalePlan(
            f"the plan {plan.path} is not the one that was made",
            why="It was cut short, changed or exchanged since.",
            hint=f"Make a new one with: studyctl plan {environment}",
        )


def discard(plan: PlanFile) -> None:
    """Remove a plan that was applied or is no longer wanted."""
    plan.path.unlink(missing_ok=True)
