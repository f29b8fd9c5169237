"""Finds where a value stands in a text of JSON by its path, reading no more of the text than the way there.

The text has been read before, so it is known to be JSON. What lies before the way is skipped by the standard library's
scanner; the places of the members that were met are kept, so that asking for all of them stays linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder, decoder, scanner

Path = tuple[str | int, ...]
"""Keys and indices from the top; a key itself ends in KEY."""
KEY = -1
_BLANK = re.compile(r"[ \t\n\r]*+")
_COLON = re.compile(r"[ \t\n\r]*+:[ \t\n\r]*+")
_COMMA = re.compile(r"[ \t\n\r]*+,?[ \t\n\r]*+")
"""The last member has none."""
_skip = scanner.make_scanner(JSONDecoder())  # type: ignore[arg-type]
_read_string = decoder.scanstring  # type: ignore[attr-defined]
Member = tuple[str | int, int, int]
"""Its key in an object, or index in a list; where the key begins, and where the value."""


class Offsets:
    """The offsets of one text."""

    __slots__ = ("_containers", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._containers: dict[int, _Container] = {}

    def at(self, path: Path) -> int:
        """Return the offset of a value, or of a key; that of the whole where the path leads nowhere."""
        top = offset = key = _after(_BLANK, self._text, 0)
        for step in path:
            if step == KEY:
                return key
            container = self._containers.get(offset)
            if container is None:
                container = self._containers[offset] = _Container(self._text, offset)
            found = container.places_of(step)
            if found is None:
                return top
            key, offset = found
        return offset


class _Container:
    """An object or a list, read member by member as far as somebody asks; any other value has no members."""

    __slots__ = ("_met", "_rest")

    def __init__(self, text: str, offset: int) -> None:
        mark = text[offset]
        read = _members_of_object if mark == "{" else _members_of_list if mark == "[" else None
        self._rest: Iterator[Member] = read(text, offset + 1) if read else iter(())
        self._met: dict[str | int, tuple[int, int]] = {}

    def places_of(self, step: str | int) -> tuple[int, int] | None:
        """Return where a member's key and its value begin; None where there is no such member."""
        met = self._met
        if step not in met:
            for name, key, value in self._rest:
                met[name] = (key, value)
                if name == step:
                    break
        return met.get(step)


def _members_of_object(text: str, place: int) -> Iterator[Member]:
    place = _after(_BLANK, text, place)
    while text[place] == '"':
        name, end = _read_string(text, place + 1)
        value = _after(_COLON, text, end)
        yield name, place, value
        place = _after(_COMMA, text, _skip(text, value)[1])


def _members_of_list(text: str, place: int) -> Iterator[Member]:
    index = 0
    place = _after(_BLANK, text, place)
    while text[place] != "]":
        yield index, place, place
        index += 1
        place = _after(_COMMA, text, _skip(text, place)[1])


def _after(mark: re.Pattern[str], text: str, place: int) -> int:
    match = mark.match(text, place)
    return match.end() if match else place
