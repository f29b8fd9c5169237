"""Turns the text of a policy into values, and the path of a value into its line and column.

Duplicate keys, a byte order mark, bad UTF-8, comments, trailing commas, lone surrogates, deep nesting and huge texts
are errors with a position: a policy that two readers understand differently must not be judged by either.

The standard library's reader, made as strict, gives the values; ours runs where the other refuses the text, to say
what is wrong and where.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from studyctl.domain.policy.json_offsets import KEY, Offsets, Path
from studyctl.domain.policy.json_reader import MAX_DEPTH, SURROGATE, Array, JsonError, Node, Object, Text, read
from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind

MAX_CHARACTERS = 1_048_576
"""A hundred times the largest policy that AWS takes."""
_BRACKET = re.compile(r"[{}\[\]]")
_CONSTANTS = {"true": True, "false": False, "null": None}


__all__ = ["KEY", "MAX_CHARACTERS", "Number", "Path", "Source"]


class Number(NamedTuple):
    """A number as written."""

    text: str


class Source:
    """A text by name; without a text for values that were parsed elsewhere."""

    __slots__ = ("_offsets", "name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.text = text
        self._offsets: Offsets | None = None

    @classmethod
    def of_bytes(cls, data: bytes, name: str) -> Source:
        """Return the source of UTF-8 bytes.

        Raises:
            PolicyError: they are too many, or not UTF-8.
        """
        if len(data) > MAX_CHARACTERS:
            cls(name).refuse_size(len(data))
        try:
            return cls(name, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            text = data[: error.start].decode("utf-8")
            message = f"byte {data[error.start]:#04x} is not UTF-8: {error.reason}"
            return cls(name, text).fail(ProblemKind.ENCODING, message, len(text))

    def load(self) -> Any:
        """Return the value that the text holds; numbers are `Number`s.

        Raises:
            PolicyError: it is too large, not JSON, or JSON that readers disagree about.
        """
        if len(self.text) > MAX_CHARACTERS:
            self.refuse_size(len(self.text))
        if _may_hide_something(self.text):
            return _plain(self._read())
        try:
            return _STRICT.decode(self.text)
        except ValueError as error:
            self._read()
            return self.fail(ProblemKind.SYNTAX, str(error), 0)

    def position_at(self, path: Path) -> Position:
        """Return the position of a value, or of a key, by its path from the top of the text."""
        if not self.text:
            return Position(self.name)
        if self._offsets is None:
            self._offsets = Offsets(self.text)
        return self._position(self._offsets.at(path))

    def fail(self, kind: ProblemKind, message: str, offset: int) -> NoReturn:
        """Raise a problem at an offset."""
        raise PolicyError((Problem(kind, message, self._position(offset)),))

    def refuse_size(self, size: int) -> NoReturn:
        """Raise that the text is too large."""
        self.fail(ProblemKind.TOO_LARGE, f"the text has {size:,} characters; {MAX_CHARACTERS:,} is the most", 0)

    def _read(self) -> Node:
        try:
            return read(self.text)
        except JsonError as error:
            return self.fail(error.kind, error.message, error.offset)

    def _position(self, offset: int) -> Position:
        line_start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.name, self.text.count("\n", 0, offset) + 1, offset - line_start + 1)


def _plain(node: Node) -> Any:
    if isinstance(node, Object):
        return {key.value: _plain(value) for key, value in node.members}
    if isinstance(node, Array):
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Text) else _CONSTANTS.get(node.value, Number(node.value))


def _may_hide_something(text: str) -> bool:
    """Whether a text could be one that the standard library's reader takes and ours does not."""
    if "\\u" in text or (not text.isascii() and SURROGATE.search(text)):
        return True
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for mark in _BRACKET.findall(text):
        depth += 1 if mark in "{[" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key comes twice in one object")
    return members


_STRICT = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicates, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
)
