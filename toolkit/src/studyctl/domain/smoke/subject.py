"""What a smoke test is told: where things are, and which release they must belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.place import Place
from studyctl.domain.release.release import Release


@dataclass(frozen=True)
class Subject:
    """An environment under test. Without a release it is only asked whether it works, not which version it is."""

    place: Place
    platform: Mapping[str, Any]
    release: Release | None = None
    deployments: Mapping[str, str] = field(default_factory=dict)
    """ECS's id of the deployment that must serve, by service."""

    @classmethod
    def of(cls, place: Place, platform: Mapping[str, Any], entry: LedgerEntry | None) -> Subject:
        """The environment as an entry of the ledger says it must be."""
        if entry is None:
            return cls(place, platform)
        return cls(place, platform, entry.release, entry.deployments)

    def version_of(self, service: str) -> str | None:
        """What the service must call itself in the header X-Release."""
        if self.release is None or service not in self.release.services:
            return None
        return str(self.release.services[service].released_in)
