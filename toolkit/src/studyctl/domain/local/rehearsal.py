"""What may go wrong on this machine on purpose, so that alarms are seen to notice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from studyctl.domain.local.parts import PARTS, Stage
from studyctl.errors import UsageError

FAULT_VARIABLE = "STUDY_FAULT"
"""Read by every service when it starts: docs/services.md."""


@dataclass(frozen=True)
class Rehearsal:
    """Faults of services by name, and how little the vector database may keep. Nothing is the rule."""

    faults: Mapping[str, str] = field(default_factory=dict)
    vector_volume_bytes: int | None = None

    def settings_of(self, service: str) -> dict[str, str]:
        """What a service is told beside everything else."""
        fault = self.faults.get(service)
        return {} if fault is None else {FAULT_VARIABLE: fault}


def parse_faults(texts: Iterable[str]) -> dict[str, str]:
    """Faults from `SERVICE:FAULT`. What a fault means is known to the service, which refuses one that it does not know.

    Raises:
        UsageError: a text is not of that form, or there is no such service.
    """
    services = [part.name for part in PARTS.values() if part.stage is Stage.SERVICES]
    faults: dict[str, str] = {}
    for text in texts:
        service, _, fault = text.partition(":")
        if service not in services or not fault:
            raise UsageError(
                f"{text!r} is no fault of a service",
                why="A fault is written as SERVICE:FAULT, such as api:5xx=0.5 or api:slow=3.",
                hint=f"Services: {', '.join(services)}. Faults: docs/services.md.",
            )
        faults[service] = fault
    return faults
