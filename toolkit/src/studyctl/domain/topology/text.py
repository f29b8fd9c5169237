"""How wide text is when nobody knows the reader's font: measured for a wide one, so that it fits in any."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_NARROW, _WIDE = "fijltrI.,:;'|!()[]{}/\\ -·", "mwMWGOQ@%&×"
_NARROW_EM, _MIDDLE_EM, _WIDE_EM, _FULL_EM = 0.38, 0.61, 0.86, 1.05
_BOLD = 1.06
_LATIN_END, _LETTERS_END = 0x250, 0x300
"""Below the first are Latin letters; below the second nothing is drawn twice as wide as a letter."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return an upper bound of the width in the unit of `size`."""
    return sum(_em(character) for character in text) * size * (_BOLD if bold else 1)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return the text, cut and ended with an ellipsis where it would not fit."""
    text = " ".join(text.split())
    if width(text, size, bold=bold) <= room:
        return text
    left = room - width("…", size, bold=bold)
    kept = 0
    for character in text:
        left -= width(character, size, bold=bold)
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def wrapped(text: str, size: float, room: float, *, most: int) -> Sequence[str]:
    """Return the text in at most that many lines; the last is cut where there would be more."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size) <= room:
            line = f"{line} {words.pop(0)}"
        lines.append(fitted(line, size, room))
    if words:
        lines.append(fitted(" ".join(words), size, room))
    return lines


def _em(character: str) -> float:
    if character in _NARROW:
        return _NARROW_EM
    if character in _WIDE:
        return _WIDE_EM
    if ord(character) >= _LETTERS_END and unicodedata.east_asian_width(character) in "WF":
        return _FULL_EM
    return _MIDDLE_EM if ord(character) < _LATIN_END or character in "–…" else _WIDE_EM  # noqa: RUF001
