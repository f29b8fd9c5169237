"""What may go wrong on this machine on purpose, so that alarms are seen to notice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from studyctl.domain.local.parts import PARTS, VECTOR_DATABASE, Stage
from studyctl.errors import UsageError

FAULT_VARIABLE = "STUDY_FAULT"
"""Read by every service when it starts: docs/services.md."""
_SLOW = re.compile(r"slow=(\d{1,2}(?:\.\d{1,3})?)")


@dataclass(frozen=True)
class Rehearsal:
    """Faults by the part that has them, and how little the vector database may keep. Nothing is the rule."""

    faults: Mapping[str, str] = field(default_factory=dict)
    vector_volume_bytes: int | None = None

    def settings_of(self, service: str) -> dict[str, str]:
        """What a service is told beside everything else."""
        fault = self.faults.get(service)
        return {} if fault is None else {FAULT_VARIABLE: fault}

    @property
    def vector_delay_seconds(self) -> float:
        """How long the vector database holds each answer back."""
        found = _SLOW.fullmatch(self.faults.get(VECTOR_DATABASE, ""))
        return float(found[1]) if found else 0.0


def parse_faults(texts: Iterable[str]) -> dict[str, str]:
    """Faults from `PART:FAULT`. What a fault means is known to the service, which refuses one that it does not know.

    Raises:
        UsageError: a text is not of that form, or there is no such part, or the vector database has no such fault.
    """
    parts = [part.name for part in PARTS.values() if part.stage is Stage.SERVICES or part.name == VECTOR_DATABASE]
    faults: dict[str, str] = {}
    for text in texts:
        part, _, fault = text.partition(":")
        if part not in parts or not fault or (part == VECTOR_DATABASE and not _SLOW.fullmatch(fault)):
            raise UsageError(
                f"{text!r} is no fault of a part that can have one",
                why="A fault is written as PART:FAULT, such as api:5xx=0.5 or api:slow=3; "
                f"{VECTOR_DATABASE} has only slow=SECONDS.",
                hint=f"Parts: {', '.join(parts)}. Faults: docs/services.md.",
            )
        faults[part] = fault
    return faults
