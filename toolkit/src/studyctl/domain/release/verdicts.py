"""What a judgement comes to, frozen: it is written into the ledger as it was given."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from studyctl.domain.release.base import Recorded


class Judgement(enum.StrEnum):
    """Three, because "nobody can say" must never be taken for "good"."""

    PASS = "pass"  # noqa: S105 - not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"

    @property
    def badness(self) -> int:
        """0 for pass, 2 for fail."""
        return list(Judgement).index(self)


class Verdict(Recorded):
    """A judgement and why. `reasons` is empty only where there is nothing to explain."""

    judgement: Judgement
    reasons: tuple[str, ...] = ()

    @property
    def has_passed(self) -> bool:
        """Whether it is good; inconclusive is not."""
        return self.judgement is Judgement.PASS

    @property
    def has_failed(self) -> bool:
        """Whether it is bad; inconclusive is not."""
        return self.judgement is Judgement.FAIL

    def __str__(self) -> str:
        return f"{self.judgement}: {'; '.join(self.reasons)}" if self.reasons else self.judgement.value


def passed(*reasons: str) -> Verdict:
    """Good."""
    return Verdict(judgement=Judgement.PASS, reasons=reasons)


def failed(*reasons: str) -> Verdict:
    """Bad."""
    return Verdict(judgement=Judgement.FAIL, reasons=reasons)


def inconclusive(*reasons: str) -> Verdict:
    """Nobody can say."""
    return Verdict(judgement=Judgement.INCONCLUSIVE, reasons=reasons)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst judgement with the reasons of all that share it; pass when there are none."""
    found = tuple(verdicts)
    judgement = max((verdict.judgement for verdict in found), key=lambda each: each.badness, default=Judgement.PASS)
    reasons = tuple(reason for verdict in found if verdict.judgement is judgement for reason in verdict.reasons)
    return Verdict(judgement=judgement, reasons=reasons)
