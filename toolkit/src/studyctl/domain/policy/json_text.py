"""Reads JSON with the place of every value, and refuses what other readers let pass.

Duplicate keys, a byte order mark, bad UTF-8, comments, trailing commas, lone surrogates, deep nesting and huge texts
are errors with a position: a policy that two readers understand differently must not be judged by either.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NamedTuple, NoReturn

from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind

MAX_CHARACTERS = 1_048_576
"""A hundred times the largest policy that AWS takes."""
MAX_DEPTH = 32
"""A policy needs six levels."""
NOWHERE = -1
"""The offset of a value that did not come from a text."""


class Text(NamedTuple):
    """A string."""

    value: str
    offset: int


class Literal(NamedTuple):
    """A number, true, false or null, as written."""

    value: str
    offset: int


class Array(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    offset: int


class Object(NamedTuple):
    """An object; no key comes twice, the order is that of the text."""

    members: tuple[tuple[Text, Node], ...]
    offset: int


Node = Text | Literal | Array | Object

_TOKEN = re.compile(
    r'[ \t\n\r]*+(?:("(?:[^"\\\x00-\x1f]++|\\.)*+")|([{}\[\],:])|'
    r"(true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![\w.+-])|(\Z))"
)
_BLANK = re.compile(r"[ \t\n\r]*+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_STRING, _MARK, _LITERAL, _END = 1, 2, 3, 4


class Source:
    """A text by name, which turns offsets into positions."""

    __slots__ = ("_line_starts", "name", "text")

    def __init__(self, name: str, text: str = "") -> None:
        self.name = name
        self.text = text
        self._line_starts: list[int] | None = None

    def position(self, offset: int) -> Position:
        """Return line and column of an offset, both from 1; none of them for a value that came from no text."""
        if offset < 0:
            return Position(self.name)
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._line_starts, offset)
        return Position(self.name, line, offset - self._line_starts[line - 1] + 1)

    def fail(self, kind: ProblemKind, message: str, offset: int) -> NoReturn:
        """Raise a problem at an offset."""
        raise PolicyError((Problem(kind, message, self.position(offset)),))


def decode(data: bytes, name: str) -> str:
    """Return the text of UTF-8 bytes.

    Raises:
        PolicyError: they are too many, or not UTF-8.
    """
    if len(data) > MAX_CHARACTERS:
        _refuse_size(Source(name), len(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8")
        Source(name, text).fail(
            ProblemKind.ENCODING, f"byte {data[error.start]:#04x} is not UTF-8: {error.reason}", len(text)
        )


def read(source: Source) -> Node:
    """Return the one value that the text of a source holds.

    Raises:
        PolicyError: it is not JSON, or JSON that readers disagree about.
    """
    text = source.text
    if len(text) > MAX_CHARACTERS:
        _refuse_size(source, len(text))
    if text.startswith("\ufeff"):
        source.fail(ProblemKind.ENCODING, "the text begins with a byte order mark; save it as UTF-8 without one", 0)
    reader = _Reader(source)
    node = reader.value(0)
    reader.expect_end()
    return node


def from_value(value: Any, source: Source, depth: int = 0) -> Node:
    """Return nodes for a value that was parsed elsewhere, such as an attribute of a plan; they have no offsets.

    Raises:
        PolicyError: it holds something that JSON cannot hold, or nests too deeply.
    """
    if depth > MAX_DEPTH:
        _refuse_depth(source, NOWHERE)
    if isinstance(value, str):
        return Text(value, NOWHERE)
    if value is None or isinstance(value, bool | int | float):
        return Literal(json.dumps(value), NOWHERE)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            source.fail(ProblemKind.SYNTAX, "a key is not a string", NOWHERE)
        members = ((Text(key, NOWHERE), from_value(item, source, depth + 1)) for key, item in value.items())
        return Object(tuple(members), NOWHERE)
    if isinstance(value, list | tuple):
        return Array(tuple(from_value(item, source, depth + 1) for item in value), NOWHERE)
    return source.fail(ProblemKind.SYNTAX, f"a {type(value).__name__} is not a JSON value", NOWHERE)


def _refuse_size(source: Source, size: int) -> NoReturn:
    source.fail(ProblemKind.TOO_LARGE, f"the text has {size:,} characters; {MAX_CHARACTERS:,} is the most", 0)


def _refuse_depth(source: Source, offset: int) -> NoReturn:
    source.fail(ProblemKind.TOO_DEEP, f"values nest deeper than {MAX_DEPTH} levels", offset)


class _Reader:
    """Recursive descent, its depth bounded, over tokens cut by one expression that cannot backtrack."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._kind = 0
        self._word = ""
        self._offset = 0
        self._next = 0
        self._advance()

    def value(self, depth: int) -> Node:
        kind, word, offset = self._kind, self._word, self._offset
        if kind == _STRING:
            self._advance()
            return Text(self._string(word, offset), offset)
        if kind == _LITERAL:
            self._advance()
            return Literal(word, offset)
        if kind == _MARK and word in "{[":
            if depth >= MAX_DEPTH:
                _refuse_depth(self._source, offset)
            self._advance()
            return self._object(offset, depth + 1) if word == "{" else self._array(offset, depth + 1)
        return self._unexpected("a value")

    def expect_end(self) -> None:
        if self._kind != _END:
            self._unexpected("the end of the text")

    def _object(self, offset: int, depth: int) -> Object:
        members: list[tuple[Text, Node]] = []
        keys: set[str] = set()
        if self._is_mark("}"):
            self._advance()
            return Object((), offset)
        while True:
            if self._kind != _STRING:
                self._unexpected("a key in double quotes")
            key = Text(self._string(self._word, self._offset), self._offset)
            if key.value in keys:
                self._source.fail(
                    ProblemKind.DUPLICATE_KEY, f'the key "{key.value}" comes twice in one object', key.offset
                )
            keys.add(key.value)
            self._advance()
            self._take(":")
            members.append((key, self.value(depth)))
            if self._is_mark("}"):
                self._advance()
                return Object(tuple(members), offset)
            self._take(",", "}")

    def _array(self, offset: int, depth: int) -> Array:
        items: list[Node] = []
        if self._is_mark("]"):
            self._advance()
            return Array((), offset)
        while True:
            items.append(self.value(depth))
            if self._is_mark("]"):
                self._advance()
                return Array(tuple(items), offset)
            self._take(",", "]")

    def _is_mark(self, mark: str) -> bool:
        return self._kind == _MARK and self._word == mark

    def _take(self, mark: str, *others: str) -> None:
        if not self._is_mark(mark):
            self._unexpected(" or ".join(f'"{wanted}"' for wanted in (mark, *others)))
        self._advance()

    def _advance(self) -> None:
        match = _TOKEN.match(self._text, self._next)
        if match is None:
            blank = _BLANK.match(self._text, self._next)
            self._offset = blank.end() if blank else self._next
            self._kind = 0
            self._unexpected("JSON")
        group = match.lastindex or _END
        self._kind = group
        self._word = match[group]
        self._offset = match.start(group)
        self._next = match.end()

    def _string(self, word: str, offset: int) -> str:
        if "\\" not in word:
            value = word[1:-1]
        else:
            try:
                value = json.loads(word)
            except ValueError:
                self._source.fail(ProblemKind.SYNTAX, "the string has an escape that JSON does not know", offset)
        if not value.isascii() and _SURROGATE.search(value):
            self._source.fail(ProblemKind.ENCODING, "the string has half a surrogate pair", offset)
        return value

    def _unexpected(self, wanted: str) -> NoReturn:
        rest = self._text[self._offset : self._offset + 12]
        if rest.startswith(("//", "/*", "#")):
            message = "comments are not JSON; put the reason into the statement's Sid or beside the file"
        elif rest.startswith('"') and self._kind != _STRING:
            message = "the string does not end on its line, or has a control character"
        elif rest[:1] in ("}", "]") and wanted in ("a value", "a key in double quotes"):
            message = f'"{rest[0]}" follows a comma, or nothing; expected {wanted}'
        elif not rest:
            message = f"the text ends where {wanted} is expected"
        else:
            message = f"expected {wanted}, found {rest.split(maxsplit=1)[0] if rest.split() else rest!r}"
        self._source.fail(ProblemKind.SYNTAX, message, self._offset)
