"""Who lives in an account: the environments that share it, its region and what bootstrap made there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.environment import Environment


@dataclass(frozen=True, slots=True)
class Resident:
    """An environment as far as bootstrap must know it. `has_copies`: of its data, in the backup region."""

    backup_region: str
    has_copies: bool

    @classmethod
    def of(cls, spec: Environment) -> Resident:
        """Return what its file says."""
        has_copies = spec.database.has_backup_region_copies or spec.object_storage.has_backup_region_copies
        return cls(spec.backup_region, has_copies)


Residents = Mapping[str, Resident]
"""By the environment's name."""


def to_variable(residents: Residents) -> dict[str, Any]:
    """Return them as infra/bootstrap takes them."""
    return {
        name: {"backup_region": one.backup_region, "has_copies": one.has_copies}
        for name, one in sorted(residents.items())
    }
