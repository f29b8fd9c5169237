"""A part of what is shown of an environment, before it becomes a terminal's lines or a page."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from studyctl.domain.answer import NotKnown


class Tone(enum.StrEnum):
    """How something is to be taken; shown as a colour and, because colours are not enough, as a word."""

    PLAIN = "plain"
    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


@dataclass(frozen=True)
class Row:
    """One row of a section's table."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Section:
    """A title, one sentence that sums it up, and a table. `hint` is what to run where something is missing."""

    title: str
    summary: str
    tone: Tone = Tone.PLAIN
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    hint: str = ""
    notes: tuple[str, ...] = ()
    picture: str = ""
    """SVG of our own making."""


def missing(title: str, answer: NotKnown) -> Section:
    """What stands where there is no answer: why, and what to run."""
    return Section(title, answer.reason, Tone.DOUBT if answer.was_asked else Tone.PLAIN, hint=answer.hint)
