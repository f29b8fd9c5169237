"""Finds where a value stands in a text of JSON by its path, reading no more of the text than the way there.

The text has been read before, so it is known to be JSON. What lies beside the way is skipped by the standard library's
scanner; the places of an object's or a list's own members are kept, so that asking for all of them stays linear.
"""

from __future__ import annotations

import re
from json import JSONDecoder, decoder, scanner

Path = tuple[str | int, ...]
"""Keys and indices from the top; a key itself ends in KEY."""
KEY = -1
_BLANK = re.compile(r"[ \t\n\r]*+")
_skip = scanner.make_scanner(JSONDecoder())  # type: ignore[arg-type]
_read_string = decoder.scanstring  # type: ignore[attr-defined]
Members = dict[str | int, tuple[int, int]]
"""Of an object by key, of a list by index: where the key and where the value begins."""


class Offsets:
    """The offsets of one text."""

    __slots__ = ("_members", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._members: dict[int, Members] = {}

    def at(self, path: Path) -> int:
        """Return the offset of a value, or of a key; that of the whole where the path leads nowhere."""
        top = offset = key = _after_blank(self._text, 0)
        for step in path:
            if step == KEY:
                return key
            members = self._members_at(offset)
            if step not in members:
                return top
            key, offset = members[step]
        return offset

    def _members_at(self, offset: int) -> Members:
        if offset not in self._members:
            mark = self._text[offset]
            read = _members_of_object if mark == "{" else _members_of_list if mark == "[" else None
            self._members[offset] = read(self._text, offset + 1) if read else {}
        return self._members[offset]


def _members_of_object(text: str, place: int) -> Members:
    found: Members = {}
    place = _after_blank(text, place)
    while text[place] == '"':
        name, end = _read_string(text, place + 1)
        value = _after_blank(text, _after_blank(text, end) + 1)
        found[name] = (place, value)
        place = _after_comma(text, _skip(text, value)[1])
    return found


def _members_of_list(text: str, place: int) -> Members:
    found: Members = {}
    place = _after_blank(text, place)
    while text[place] != "]":
        found[len(found)] = (place, place)
        place = _after_comma(text, _skip(text, place)[1])
    return found


def _after_comma(text: str, place: int) -> int:
    """Return where the next member begins, or the closing bracket."""
    place = _after_blank(text, place)
    return _after_blank(text, place + 1) if text[place] == "," else place


def _after_blank(text: str, place: int) -> int:
    match = _BLANK.match(text, place)
    return match.end() if match else place
