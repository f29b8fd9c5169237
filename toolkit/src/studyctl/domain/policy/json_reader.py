"""Our reader of JSON, which knows the offset of every value and says precisely what is wrong.

Refused, though other readers take them: duplicate keys, a byte order mark, lone surrogates, deep nesting.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple, NoReturn

from studyctl.domain.policy.problems import ProblemKind

MAX_DEPTH = 32
"""A policy needs six levels."""


class JsonError(Exception):
    """What is wrong with a text, and at which offset."""

    def __init__(self, kind: ProblemKind, message: str, offset: int) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.offset = offset


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
SURROGATE = re.compile(r"[\ud800-\udfff]")
_STRING, _MARK, _LITERAL, _END = 1, 2, 3, 4


def read(text: str) -> Node:
    """Return the one value that a text holds.

    Raises:
        JsonError: it is not JSON, or JSON that readers disagree about.
    """
    if text.startswith("\ufeff"):
        message = "the text begins with a byte order mark; save it as UTF-8 without one"
        raise JsonError(ProblemKind.ENCODING, message, 0)
    reader = _Reader(text)
    node = reader.value(0)
    reader.expect_end()
    return node


class _Reader:
    """Recursive descent, its depth bounded, over tokens cut by one expression that cannot backtrack."""

    def __init__(self, text: str) -> None:
        self._text = text
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
                raise JsonError(ProblemKind.TOO_DEEP, f"values nest deeper than {MAX_DEPTH} levels", offset)
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
                message = f'the key "{key.value}" comes twice in one object'
                raise JsonError(ProblemKind.DUPLICATE_KEY, message, key.offset)
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
                message = "the string has an escape that JSON does not know"
                raise JsonError(ProblemKind.SYNTAX, message, offset) from None
        if not value.isascii() and SURROGATE.search(value):
            raise JsonError(ProblemKind.ENCODING, "the string has half a surrogate pair", offset)
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
        raise JsonError(ProblemKind.SYNTAX, message, self._offset)
