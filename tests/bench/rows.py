"""One line of the benchmark: two measurements of one run set against each other."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """Ours over theirs, and the bar that the ratio must keep to (none: it is only reported)."""

    name: str
    ours: float
    theirs: float
    unit: str = "s"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs

    @property
    def is_met(self) -> bool:
        """Whether the bar holds."""
        above = self.at_least is None or self.ratio >= self.at_least
        return above and (self.at_most is None or self.ratio <= self.at_most)

    def __str__(self) -> str:
        """One line of the table."""
        bars = [("≤", self.at_most), ("≥", self.at_least)]
        bar = " ".join(f"{sign} {value:.2f}" for sign, value in bars if value is not None) or "none"
        verdict = "" if bar == "none" else (" met" if self.is_met else " MISSED")
        return (
            f"{self.name:<56} {self.ours:10.2f} {self.theirs:10.2f} {self.unit:<8}"
            f" ratio {self.ratio:6.2f}   bar {bar}{verdict}"
        )


HEADER = f"{'':<56} {'ours':>10} {'theirs':>10}"


def say(row: Row) -> Row:
    """Show a row as soon as it is measured."""
    sys.stderr.write(f"{row}\n")
    return row
