"""A saved plan and its manifest on disk, side by side, both 0600."""

from __future__ import annotations

import json
import os
from pathlib import Path

from studyctl.domain.outcome import PlanFile
from studyctl.domain.plan_manifest import PlanManifest
from studyctl.errors import StalePlan

SUFFIX = ".manifest.json"


def manifest_path(plan: Path) -> Path:
    """Where the manifest of `plan` lies."""
    return plan.with_name(plan.name + SUFFIX)


def write_manifest(plan: Path, manifest: PlanManifest) -> None:
    """Put the manifest beside the plan."""
    path = manifest_path(plan)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(manifest.to_json(), file, indent=2)
        file.write("\n")


def read_saved_plan(plan: Path) -> tuple[PlanFile, PlanManifest]:
    """Read what belongs to a plan; the plan itself is checked against it when it is applied.

    Raises:
        StalePlan: the plan or its manifest is missing or garbled.
    """
    try:
        content = json.loads(manifest_path(plan).read_text("utf-8"))
    except (OSError, ValueError) as missing:
        raise StalePlan(
            f"{plan} has no readable manifest beside it",
            why=f"Without {manifest_path(plan).name} nobody can say what the plan was made for: {missing}",
            hint=f"Make it anew: studyctl plan ENV --out {plan}",
        ) from missing
    manifest = PlanManifest.from_json(content)
    return PlanFile(plan.resolve(), manifest.sha256, manifest.size_bytes), manifest
