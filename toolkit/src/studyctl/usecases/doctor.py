"""Look at everything a deploy needs and say what is wrong and how to mend it. Changes nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studyctl.errors import StudyctlError


class Health(enum.StrEnum):
    """What came out of one look."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "PROBLEM"
    SKIPPED = "not asked"


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at. `fix` is the command that mends it."""

    subject: str
    health: Health
    detail: str
    fix: str = ""


@dataclass(frozen=True)
class Examination:
    """One look: it returns what it found in words, or raises what is wrong.

    `is_needed` false makes a problem a warning: the deploy works without it.
    """

    subject: str
    look: Callable[[], str]
    is_needed: bool = True
    depends_on: str = ""


def examine(examinations: Iterable[Examination]) -> tuple[Diagnosis, ...]:
    """Look at each in order; what depends on something bad is not asked."""
    found: dict[str, Diagnosis] = {}
    for examination in examinations:
        found[examination.subject] = _examine(examination, found)
    return tuple(found.values())


def is_healthy(diagnoses: Iterable[Diagnosis]) -> bool:
    """Whether a deploy can begin."""
    return all(diagnosis.health is not Health.BAD for diagnosis in diagnoses)


def _examine(examination: Examination, found: dict[str, Diagnosis]) -> Diagnosis:
    before = found.get(examination.depends_on)
    if before is not None and before.health in (Health.BAD, Health.SKIPPED):
        return Diagnosis(examination.subject, Health.SKIPPED, f"needs: {examination.depends_on}")
    try:
        return Diagnosis(examination.subject, Health.GOOD, examination.look())
    except StudyctlError as problem:
        health = Health.BAD if examination.is_needed else Health.WARNING
        detail = " ".join(part for part in (problem.what, problem.why) if part)
        return Diagnosis(examination.subject, health, detail, problem.hint)
