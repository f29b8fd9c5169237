"""A saved plan and its manifest on disk, side by side, both 0600; the plan is encrypted."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.plan_seal import PlanKeys, Seal, close, reopen
from studyctl.domain.outcome import PlanFile
from studyctl.domain.plan_manifest import PlanManifest
from studyctl.errors import StalePlan

SUFFIX = ".manifest.json"
MAGIC = b"studyctl plan 1\n"
"""How a saved plan begins, so that nobody takes what follows for JSON or an archive."""


@dataclass(frozen=True)
class SealedPlan:
    """A plan as it waits for its approval."""

    path: Path
    manifest: PlanManifest
    seal: Seal
    fingerprint: str
    """SHA-256 of the manifest's file. What travels another way than the plan tells that nobody exchanged both."""

    def require(self, fingerprint: str) -> None:
        """Stop unless it is the one that was approved.

        Raises:
            StalePlan: it is another one.
        """
        if self.fingerprint != fingerprint.strip().lower():
            raise StalePlan(
                f"{self.path} is not the plan that was approved",
                why=f"Its seal is {self.fingerprint}, that of the approved one {fingerprint.strip()}.",
                hint="Apply the plan of the same run, or plan again.",
            )

    def discard(self) -> None:
        """Remove both files."""
        self.path.unlink(missing_ok=True)
        manifest_path(self.path).unlink(missing_ok=True)


def manifest_path(plan: Path) -> Path:
    """Where the manifest of `plan` lies."""
    return plan.with_name(plan.name + SUFFIX)


def save_plan(plain: Path, plan: Path, manifest: PlanManifest, keys: PlanKeys) -> SealedPlan:
    """Put a plan, encrypted, and its manifest where an apply will find them; the plain file is left to the caller."""
    content, seal = close(plain.read_bytes(), manifest.canonical, keys, _context(manifest))
    document = {"manifest": manifest.to_json(), "seal": seal.to_json()}
    told = (json.dumps(document, indent=2) + "\n").encode()
    _write(manifest_path(plan), told)
    _write(plan, MAGIC + content)
    return SealedPlan(plan, manifest, seal, hashlib.sha256(told).hexdigest())


def read_saved_plan(plan: Path) -> SealedPlan:
    """Read what is said about a plan. None of it is believed before `open_plan`.

    Raises:
        StalePlan: the manifest is missing or garbled.
    """
    try:
        told = manifest_path(plan).read_bytes()
        content = json.loads(told)
        seal = Seal.from_json(content["seal"])
        manifest = content["manifest"]
    except (OSError, ValueError, KeyError, TypeError) as missing:
        raise StalePlan(
            f"{plan} has no readable manifest beside it",
            why=f"Without {manifest_path(plan).name} nobody can say what the plan was made for: {missing}",
            hint=f"Make it anew: studyctl plan ENV --out {plan}",
        ) from missing
    return SealedPlan(plan, PlanManifest.from_json(manifest), seal, hashlib.sha256(told).hexdigest())


def open_plan(sealed: SealedPlan, keys: PlanKeys, into: Path) -> PlanFile:
    """Decrypt a plan into a file of mode 0600, which the caller removes.

    Raises:
        StalePlan: plan or manifest is missing, or not what was sealed.
    """
    manifest = sealed.manifest
    try:
        content = sealed.path.read_bytes()
    except OSError as error:
        raise StalePlan(
            f"the plan {sealed.path} cannot be read ({error.strerror})",
            hint=f"Make it anew: studyctl plan {manifest.made_for.environment} --out {sealed.path}",
        ) from error
    _write(into, reopen(content.removeprefix(MAGIC), manifest.canonical, sealed.seal, keys, _context(manifest)))
    return PlanFile(into, manifest.sha256, manifest.size_bytes)


def _context(manifest: PlanManifest) -> dict[str, str]:
    return {"environment": manifest.made_for.environment, "purpose": "plan"}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
