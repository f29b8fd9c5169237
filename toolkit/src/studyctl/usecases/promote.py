"""Release in one environment exactly the images that were proven in another: same digests, nothing rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studyctl.domain.release.history import find, last_proven, unfinished
from studyctl.domain.release.images import Image, ImageReference, same_elsewhere
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.errors import Refused

BAKED = "bake"


@dataclass(frozen=True)
class Promotion:
    """The images to release, by service, and where they were proven."""

    images: dict[str, ImageReference]
    source: LedgerEntry

    @property
    def exact(self) -> tuple[Image, ...]:
        """Which images these are where they were proven, each once."""
        found = (Image.parse(text) for text in self.source.release.images.values())
        return tuple(dict.fromkeys(image for image in found if image is not None))

    @property
    def promoted_from(self) -> str:
        """How the ledger names it."""
        return f"{self.source.environment} {self.source.number}"


def plan_promotion(entries: Sequence[LedgerEntry], environment: str, *, only: int | None = None) -> Promotion:
    """What may leave `environment`: the release that serves there, proven and baked. `entries` are its ledger's.

    `only` is the entry that somebody agreed to; what serves must be its release, put back or not.

    Raises:
        Refused: nothing was proven there, it is not what serves, it was never baked, or nobody agreed to it.
    """
    latest, proven = unfinished(entries), last_proven(entries)
    if latest is not None and latest.is_baking:
        raise Refused(
            f"release {latest.number} of {environment} still bakes",
            why="Only what was good for the whole of its bake is promoted.",
            hint=f"Wait for it: studyctl releases {environment}",
        )
    if latest is not None:
        raise Refused(
            f"{latest.operation} {latest.number} of {environment} is not finished",
            why="What serves there is not what was proven.",
            hint=f"Finish it: studyctl release {environment} --resume",
        )
    if proven is None:
        raise Refused(
            f"nothing was ever proven in {environment}",
            why="Only what was released, tested and baked there is promoted.",
            hint=f"Release there first: studyctl release {environment}",
        )
    if only is not None:
        _require_agreed(entries, proven, only, environment)
    _require_baked(entries, proven, environment)
    return Promotion(same_elsewhere(proven.release.images), proven)


def _require_agreed(entries: Sequence[LedgerEntry], proven: LedgerEntry, only: int, environment: str) -> None:
    agreed = find(entries, only)
    if agreed is not None and agreed.origin == proven.origin:
        return
    raise Refused(
        f"release {proven.origin} serves {environment}, not release {only}",
        why="Another one came in there since, so what would go on is not what was agreed to. Nothing was changed.",
        hint=f"Promote what serves where somebody agreed to it, or look: studyctl releases {environment}",
    )


def _require_baked(entries: Sequence[LedgerEntry], proven: LedgerEntry, environment: str) -> None:
    """A rollback is not baked itself: what it put back was, when it was released."""
    origin = next((entry for entry in entries if entry.number == proven.origin), proven)
    verdict = origin.verdicts.get(BAKED)
    if verdict is None or not verdict.has_passed:
        raise Refused(
            f"release {origin.number} of {environment} was not baked",
            why=f"Its bake: {verdict or 'none'}.",
            hint=f"Release it again there and let it bake: studyctl release {environment}",
        )
