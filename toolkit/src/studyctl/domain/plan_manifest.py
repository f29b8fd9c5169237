"""What a saved plan was made for. An apply believes the plan beside it only if all of it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from studyctl.errors import StalePlan

LIFETIME = timedelta(days=1)
"""How long a plan may wait for its approval. Artifacts of the pipeline are kept as long."""


@dataclass(frozen=True)
class Circumstances:
    """Where and from what a plan is made. `boot_id` is set on the emulator only; without a state, three are None."""

    environment: str
    account_id: str
    region: str
    boot_id: str | None
    backend: str
    """The object that holds the state, as `s3://bucket/key`."""
    state_lineage: str | None
    state_serial: int | None
    state_version_id: str | None
    """Two states may have one serial; no two have one version."""
    variables_sha256: str
    commit: str
    toolkit_version: str
    terraform_version: str


_WORDS = {
    "account_id": "account",
    "boot_id": "life of the emulator",
    "backend": "state object",
    "state_lineage": "lineage of the state",
    "state_serial": "serial of the state",
    "state_version_id": "version of the state",
    "variables_sha256": "variables with SHA-256",
    "toolkit_version": "studyctl",
    "terraform_version": "terraform",
}


@dataclass(frozen=True)
class PlanManifest:
    """A plan and its circumstances. Times are RFC 3339 in UTC; SHA-256 and size are of the plan in plain text."""

    made_for: Circumstances
    sha256: str
    size_bytes: int
    change_set: str
    """What it would do, normalised (`PlanSummary.digest`); empty: nothing."""
    has_changes: bool
    created_at: str
    expires_at: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def canonical(self) -> bytes:
        """The bytes that the seal is over: keys sorted, no spaces."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PlanManifest:
        """Read what `to_json` wrote.

        Raises:
            StalePlan: something is missing or of another kind.
        """
        try:
            values = {field.name: content[field.name] for field in fields(cls)}
            made_for = values.pop("made_for")
            found = Circumstances(**{field.name: made_for[field.name] for field in fields(Circumstances)})
            _moment(values["expires_at"])
            return cls(made_for=found, **values)
        except (KeyError, TypeError, ValueError) as broken:
            raise StalePlan(
                "the file beside the plan is not one that this studyctl wrote",
                why=f"{type(broken).__name__}: {broken}",
                hint="Make the plan anew: studyctl plan ENV --out FILE",
            ) from broken

    def require(self, present: Circumstances, now: datetime) -> None:
        """Stop unless the plan was made for exactly this, and nothing happened since.

        Raises:
            StalePlan: names the first thing that differs.
        """
        for field in fields(Circumstances):
            planned, found = getattr(self.made_for, field.name), getattr(present, field.name)
            if planned != found:
                what = _WORDS.get(field.name, field.name)
                raise self._stale(f"the plan was made for {what} {planned}, and this is {found}", present)
        if now >= _moment(self.expires_at):
            raise self._stale(f"the plan was made at {self.created_at} and was good until {self.expires_at}", present)

    @staticmethod
    def _stale(what: str, present: Circumstances) -> StalePlan:
        return StalePlan(
            what,
            why="Applying it would do something other than what was shown and approved. Nothing was changed.",
            hint=f"Plan again: studyctl plan {present.environment} --out FILE",
        )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def require_same_changes(approved: str, now: str, environment: str) -> None:
    """Stop unless a plan made now would do what the approved one does.

    Raises:
        StalePlan: somebody changed a real thing, or what the plan reads, since.
    """
    if approved != now:
        raise StalePlan(
            "a plan made now would do something else than the one that was approved",
            why="Something real, or something that the configuration reads, was changed since. Nothing was applied.",
            hint=f"See what it is now: studyctl plan {environment}; what changed by hand: studyctl drift {environment}",
        )
